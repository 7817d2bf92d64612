"""The connector: carries payment requests from Salesforce to a payment core, and the core's news back to the order.

    app.py            create_app(): the only place where all parts meet
    cli.py commands/  the `chat2pay` command, a file per group of commands
    serving/          how a server runs and stops: alone on SQLite, a fleet on PostgreSQL (stopping.py: gracefully)
    services.py       what exists in one process
    settings.py       the one table of what can be configured (environment.py: how it is read;
                      configuration.py: with the manifests' own)
    errors.py clock.py exact_json.py log.py build.py
    http/             the one way out: sessions with time limits, their connections, the proxy and the authorities we believe
    metrics/          what is counted and timed, by name; shared by the processes of a fleet
    domain/           pure: money phone cards order payment notification status moves tenant mapping consent rights …
    salesforce/       launch oauth login client composite describe permissions errors/ …: all that knows Salesforce's words
    core/             client schemas statuses bodies errors: everything that knows the payment core's words
    store/            everything that knows SQL: tables, inbox (group_commit), outbox (blocked/: what Salesforce does not take),
                      ledger, payments, orders, migrations/
    journeys/         one verb per file, one public function each: launch, send, callback, push, reconcile;
                      connecting/ mapping/ examining/ are the admin's
    workers/          when work runs: embedded (threads, SQLite), distributed (procrastinate, PostgreSQL), sweeps, pushing
    web/              doors: launch payments verbs flow listing api_launches health metrics; problems renders every error;
                      openapi/ describes them all

Beside it: callbacks/ (the doors for the core's news, and the drain), manifests/ (data), sandbox/ (what stands in for the two
peers, and the demo; tied to the rest by HTTP alone). Imports only go down:

    7  app cli commands serving    6  web callbacks workers    5  services    4  journeys
    3  store salesforce core       2  http exact_json log      1  domain manifests metrics
    0  errors error_codes settings environment clock build
"""

import gc

# Nothing that is loaded is garbage, and looking through it as often as Python does would be a tenth of every start.
# What goes on running says ``settle`` then.
gc.set_threshold(150_000, 20, 20)


def settle() -> None:
    """Collect as a long-running process should, never look again at what was loaded, and give back what loading needed."""
    import ctypes  # only what goes on running pays for it

    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
    give_back = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc's
    if give_back is not None:
        give_back(0)
