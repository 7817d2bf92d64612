"""The fault rehearsal: both sandboxes with faults on, the connector killed again and again, and a check of what is left.

__main__.py      the command                          runner.py      the phases, one after the other
plan.py          how much, how long, which faults     environment.py starts the three programs, connects a tenant
registry.py      what the rehearsal did itself        progress.py    how far it is, for the terminal
http_client.py   HTTP over kept-alive connections
actors/          agents at the connector, customers at the core, attackers with the callback's password
notifications/   bodies (true and forged), malformed ones, the load that posts them
chaos/           faults at the core and the org, crashes of the connector
verification/    the oracle, what the org and the database show, their comparison
"""
