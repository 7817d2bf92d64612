"""The endpoints for Salesforce Flow and Agentforce."""
