"""Orders and payment requests as records of Salesforce: queries, parsing, and what is written."""
