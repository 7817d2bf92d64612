"""HTTP endpoints for people, Salesforce and tenants' code; business rules live in the journeys and the domain."""
