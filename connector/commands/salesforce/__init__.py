"""The command `salesforce export`: the Salesforce project, filled in for one org."""
