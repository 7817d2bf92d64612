"""The known reasons why a goal is not reached."""

from __future__ import annotations

_FLASK = (
    "Of a callback's processor time a third is Flask's own dispatch (the no-op), a third handing threads over for the group's "
    "commit, a third proof, seal, row and answer; the stretch needs a WSGI callable in front of Flask"
)
EXPLANATIONS = {
    "P1.waitress": _FLASK,
    "P1.gthread": _FLASK,
    "P1.granian": "granian's own work per request is so small that the same view weighs three times as much against it. "
    + _FLASK,
    "P1b": "The row, its index entries and its share of the sync are the rest",
    "P2.waitress": "Both sides pay for the same server and for Flask; only what is behind them can be faster",
    "P2.gthread": "Both sides pay for the same server and for Flask; only what is behind them can be faster",
    "P2.granian": "Under granian 64 threads wait for one interpreter lock on one core: the hand-over of the group's answers "
    "costs more than the grouping saves",
    "P4": "A lone client pays for the same statement and the same sync on both sides: what differs is noise",
    "P5.usual": "A whole group waits for its sync and then for the interpreter lock, 64 threads on one core",
    "P5.burst": "256 threads' worth of requests wait for 64 threads on one core",
    "P5.noop": "A no-op has nothing to wait for; a callback waits for the sync of the group before its own, too",
    "P6.rate": "Both workers and PostgreSQL share the cores that the load leaves: with two cores that is one",
    "P6.p99": "Both workers and PostgreSQL share the cores that the load leaves: with two cores that is one",
    "P7.orders": "A Composite call takes five collections of 200 records; with a request record for each order that is 400 "
    "orders, so 1,000 need three calls",
    "P8": "One interpreter lock: reading, moving, saving and building the payload take 0.6 to 0.9 ms of one core per callback",
    "P9": "An order that changes while a call of its partition is under way waits for its end: two calls one after the other "
    "are the price of never having two in flight",
    "P10": "The page asks every 0.8 s; a stream per open page would hold a thread each",
    "P11": "Two commits (the order as read, the launch as used), the token's signature and the page's template",
    "P17": "A link is ten statements, six seals and two commits one after the other, before and after the messenger's call",
    "P18": "A click is six statements and two commits one after the other, before and after the gateway's call",
    "P19": "It does not come to Flask; what is left is the server's own work and the hand-over of threads for the group's commit",
    "P12.memory": "SQLAlchemy 12 MiB and 2 of asyncio, which it imports, our own modules 13, cryptography 7, requests 2.5. "
    "All else is imported by need already",
}
