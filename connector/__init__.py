"""The connector sends payment requests from Salesforce to a payment core, and writes the core's results back to the order.

    app.py            create_app(): assembles the Flask app
    cli.py commands/  the `chat2pay` command, a file or folder for each group of commands
    serving/          start and stop of servers: one process on SQLite, a fleet on PostgreSQL
    services.py       the services of one process
    settings.py       the table of settings; configuration.py: settings and manifests at start-up
    errors.py         the tree of errors; error_codes.py: their codes; metrics.py: all families of metrics
    domain/           pure rules, no I/O: payments, people, tenants, health
    salesforce/       the gateway to Salesforce: auth, calls, errors, metadata, orders, queries, inspection
    core/             the gateway to the payment core: client, schemas, statuses
    store/            all SQL: schema, encryption, inbox, outbox, orders, requests, tenants, leasing, health,
                      readiness, migrations
    journeys/         one verb per file, one public function each, in rooms: launching, requesting, amending, notifications,
                      syncing, news, reconciling, recording, forgetting, access, incidents; the admin's: connecting,
                      mapping, examining
    workers/          background work: threads on SQLite, procrastinate on PostgreSQL, sweeps, pushes
    web/              HTTP endpoints for agents' pages, Flows, admins and operators; openapi/ describes them

Beside it: callbacks/ (the endpoints for the core's news, and the drain), payment_core/ (a service of its own), foundation/ (time,
log, HTTP, database, encryption, serving, metrics, money, phones: what both services need), manifests/ (data), sandbox/ (what
stands in for the two peers, and the demo; tied to the rest by HTTP alone). Imports only go down:

    8  app cli commands serving    7  web callbacks workers    6  services    5  journeys
    4  store salesforce core       3  configuration            2  domain metrics manifests
    1  errors error_codes settings build                       0  foundation
"""

import gc

# Nothing that is loaded at start-up is garbage, and Python's usual collections would take a tenth of every start.
# A process that goes on running calls ``foundation.serving.memory.trim_memory`` afterwards.
gc.set_threshold(150_000, 20, 20)
