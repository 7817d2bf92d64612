"""HTTP endpoints for people and Salesforce: they translate and decide no rule."""
