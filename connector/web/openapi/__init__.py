"""The OpenAPI documents, generated from data that describes every endpoint.

parts/                  building blocks: operations, field docs, error codes, credentials, schemas as components
paths/                  the endpoints, a file per group
document.py             /openapi.json: OpenAPI 3.1, everything
external_services.py    /openapi-salesforce.json: OpenAPI 3.0.3, the subset that External Services can import
routes.py               the endpoints of the documents

A test fails for an endpoint that is not described here, or answers otherwise.
"""
