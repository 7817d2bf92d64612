"""The OpenAPI documents, built from endpoints described as data.

    door.py           what is said of a door
    codes.py          every error code: its status, its meaning; refusals.py: the body that carries it
    words.py          every field of every body: its meaning, an example; amounts.py: how an amount looks
    schemes.py        how a caller proves who it is
    launches.py payments.py verbs.py flow.py callbacks.py operations.py     the doors, a file per group
    spec.py           marshmallow's schemas as components, with their words
    document.py       /openapi.json: OpenAPI 3.1, everything
    salesforce.py     /openapi-salesforce.json: OpenAPI 3.0.3, what External Services takes
    routes.py         the doors of the documents

A door that is not here, or answers otherwise, fails a test.
"""
