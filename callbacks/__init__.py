"""The payment core's callbacks: the endpoints that store them, and the drain that hands them to the journeys.

routes.py                verify, store, acknowledge: nothing else happens in the request
verify.py                the proofs: HTTP Basic, HMAC
transport.py             bodies that were compressed or framed twice on the way
schemas.py, names.py     what a body says, and every name in it, by the manifest's alias tables
drain.py                 claim due entries -> parse -> confirm -> apply -> record the verdict
parsing.py               what an entry says, and which payment requests it names
confirmation.py          the payment core's own record of it
per_tenant_executor.py   one step of a tenant at a time; no tenant waits for another one's core
"""
