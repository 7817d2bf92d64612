"""The ``chat2pay`` commands, one file per group; ``connector.cli`` puts them together.

serve.py      serve, worker, keys
db.py         db upgrade, db check
tenant.py     tenant add, list, show, disable, enable
inbox.py      inbox list, show           the ledger of callback notifications, read
replay.py     inbox replay               entries brought back, or a look at what that would change
archive.py    inbox archive              old finished entries put away in a file
reconcile.py  reconcile                core, ledger and Salesforce held against each other
rehearse.py   rehearse                   the fault rehearsal
opening.py    what a command works with: settings read, log set up, schema looked at
printing.py   tables and JSON
moments.py    times as people type them

A command reads, or writes one small intent that the running server acts on: only ``serve`` and ``db upgrade`` need the
database for themselves.
"""
