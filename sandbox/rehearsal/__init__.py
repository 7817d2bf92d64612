"""Rehearses a bad day: both sandboxes with faults on, the connector killed again and again, and a proof of what is left.

__main__.py   the command                        stage.py      starts the three programs, connects a tenant
plan.py       how much, how long, which faults   crashes.py    ends the connector with SIGKILL and starts it again
wire.py       HTTP and nothing else              weather.py    the faults at the core and the org
book.py       what the rehearsal did itself      agents.py     agents at the connector's pages and API
customers.py  customers at the core              bodies.py     notifications: true ones in many forms, forged ones
storm.py      posts them                         oddities.py   true ones in forms that nobody promises
liars.py      false ends, wrong bindings         ledger.py     is the connector at rest?
truth.py      what should stand in Salesforce    shown.py      what stands there
proof.py      the difference                     play.py       the acts, one after the other
"""
