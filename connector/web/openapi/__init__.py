"""The OpenAPI documents, made of data that describes every endpoint.

parts/                  the forms: operations, fields, error codes, credentials, marshmallow's schemas as components
paths/                  the endpoints, a file per group
document.py             /openapi.json: OpenAPI 3.1, everything
external_services.py    /openapi-salesforce.json: OpenAPI 3.0.3, what External Services takes
routes.py               the endpoints of the documents

An endpoint that is not here, or answers otherwise, fails a test.
"""
