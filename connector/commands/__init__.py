"""The ``chat2pay`` commands, one file per group; ``connector.cli`` puts them together.

serve.py      serve, worker, keys
db.py         db upgrade, db check
tenant.py     tenant list, show, disable, enable
tenant_add.py tenant add, keypair        an org is connected or changed, by questions, flags or a file
rotate.py     rotate-key callback, canvas, core
secrets.py    secrets rotate             everything at rest under the newest encryption key
inbox.py      inbox list, show           the ledger of callback notifications, read
replay.py     inbox replay               entries brought back, or a look at what that would change
archive.py    inbox archive              old finished entries put away in a file
doctor.py     doctor                     what is wrong, where it is mended, what happens otherwise
reconcile.py  reconcile                core, ledger and Salesforce held against each other
rehearse.py   rehearse                   the fault rehearsal
rotate_api.py rotate-key api             a tenant's API keys: the next one, the end of the older ones
api_keys.py   how `tenant show` lists them
opening.py    what a command works with: settings read, log set up, schema looked at
printing.py   tables and JSON
moments.py    times as people type them

A command reads, or writes one small intent that the running server acts on: only ``serve`` and ``db upgrade`` need the
database for themselves.
"""
