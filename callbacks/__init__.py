"""Callbacks listen: the doors for the core's news, and the drain that brings it to the journeys.

routes.py     verify, record, acknowledge: nothing else happens in the request
verify.py     is this the tenant's core?
transport.py  bodies that the way here has compressed or framed twice
schemas.py    the two documented shapes, by alias tables
drain.py      claim due entries -> read -> confirm -> apply -> rule
reading.py    what an entry says, and to whom
confirming.py the core's own word about it
asking.py     one step of a tenant at a time, and nobody waits for another tenant's core
"""
