"""A payment core that anyone can run: hosted checkout, saved cards, messages and callback notifications.

    app.py            create_app(): assembles the Flask app
    cli.py commands/  the `chat2pay-core` command, a file for each group of commands
    serving/          start and stop of servers; adapters.py: every gateway and messenger of production
    services.py       Core: what journeys, endpoints, commands and workers of one process use
    settings.py       the table of settings; configuration.py: settings and manifests at start-up
    api_manifest.py   the API's operations, names and codes, from manifests/core
    domain/           pure rules, no I/O
    gateways/         the protocol of payment gateways, and Stripe
    messengers/       the protocol of messengers, and Twilio
    couriers/         callback notifications over HTTP
    store/            all SQL: schema, migrations, links, messages, deliveries, merchants, keys
    journeys/         one verb per file, in rooms: linking, paying, amending, messaging, replying, notifying, webhooks, …
    workers/          the steps of background work, and the loops that run them
    web/              the API, the customers' pages, the providers' webhooks, health and metrics; doors/: in front of Flask
    texts/            what customers read, by language
    demo/             test cards, test phones, a clock and controls for testers: imported by the command `demo` alone

Imports only go down:

    8  cli commands    7  serving app demo    7  web workers    6  journeys    5  services
    4  couriers store gateways messengers     2  api_manifest texts domain metrics    1  settings errors    0  foundation
"""

import gc

# Nothing that is loaded at start-up is garbage, and Python's usual collections would take a tenth of every start.
# A process that goes on running calls ``foundation.serving.memory.trim_memory`` afterwards.
gc.set_threshold(150_000, 20, 20)
