"""The customer's number on an open page: what a text is read as, in which country, and what stands in Salesforce's fields."""
