"""SOQL: parsing, conditions, aggregates and the answer to a query."""
