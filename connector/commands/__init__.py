"""The ``chat2pay`` commands, a file or folder for each group; ``connector.cli`` assembles them.

    serve.py       serve, worker, keys
    db.py          db upgrade, check
    doctor.py      doctor                              problems, their remedies and their impact
    reconcile.py   reconcile                           core, database and Salesforce compared
    request.py     request release, correct            decisions about one payment request
    forget.py      forget                              erase a customer, money apart
    encryption.py  secrets rotate                      re-encrypt stored values with the newest key
    rehearse.py    rehearse                            the fault rehearsal of the source tree
    tenants/       tenant list, show, disable, enable, add, keypair, map, news
    rotation/      rotate-key callback, canvas, core, api
    inbox/         inbox list, show, replay, archive
    outbox/        outbox list, show, push
    salesforce/    salesforce export                   the Salesforce project, filled in
    console/       shared parts: start-up, arguments, tables, progress, terminals

A command only reads, or writes a small change that the running server acts on: ``serve`` and ``db upgrade`` alone need the
database exclusively.
"""
