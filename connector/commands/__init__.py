"""The ``chat2pay`` commands, a file or folder for each group; ``connector.cli`` puts them together.

    serve.py       serve, worker, keys
    db.py          db upgrade, check
    doctor.py      doctor                              what is wrong, its remedy, and its impact
    reconcile.py   reconcile                           core, database and Salesforce compared
    request.py     request release, correct            decisions about one payment request
    encryption.py  secrets rotate                      everything at rest under the newest key
    rehearse.py    rehearse                            the fault rehearsal of the source tree
    tenants/       tenant list, show, disable, enable, add, keypair, map
    rotation/      rotate-key callback, canvas, core, api
    inbox/         inbox list, show, replay, archive
    outbox/        outbox list, show, push
    console/       what all commands share: start-up, arguments, tables, progress, terminals

A command reads, or writes one small intent that the running server acts on: only ``serve`` and ``db upgrade`` need the
database for themselves.
"""
