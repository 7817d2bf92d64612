"""The launch endpoints: Salesforce Canvas and the API for Apex."""
