"""Callbacks listen: the doors for the core's news, and the drain that brings it to the journeys.

routes.py     verify, record, acknowledge: nothing else happens in the request
verify.py     is this the tenant's core?
schemas.py    the two documented shapes, by alias tables
drain.py      claim due entries -> confirm -> apply -> rule
"""
