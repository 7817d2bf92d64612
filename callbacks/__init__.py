"""The payment core's callbacks: the endpoints that store them, and the drain that hands them to the journeys.

routes.py                verify, store, acknowledge: nothing else happens in the request
verify.py                the proofs: HTTP Basic, HMAC
refuse_encoded.py        refuses bodies that were compressed or framed twice on the way
schemas.py, names.py     the fields of a body, and every name in it, by the manifest's alias tables
drain.py                 claim due entries -> parse -> confirm -> apply -> record the verdict
parsing.py               the notification in an entry, and the payment requests that it names
confirmation.py          the payment core's own record for it
core_settings.py         reads the core's settings again when a callback says that they changed
per_tenant_executor.py   one step of a tenant at a time; no tenant waits for the core of another
"""
