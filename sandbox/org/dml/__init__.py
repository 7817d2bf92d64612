"""Insert, update, upsert and delete, with the checks of Salesforce."""
