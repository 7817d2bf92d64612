"""Orders that Salesforce does not take until somebody mends something there: when they are tried, and which they are."""
