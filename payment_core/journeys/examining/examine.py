"""Examine a deployment: settings, database, merchants and queues. Nothing is changed, and nobody outside is called."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from datetime import timedelta

from foundation.database.outage import DATABASE_FAULT, reason_of
from foundation.database.schema.check_schema import misfit
from foundation.settings.unknown_names import unknown_name_texts, unknown_names
from payment_core.domain.account_secrets import GATEWAYS, MESSENGERS
from payment_core.domain.enums import Channel
from payment_core.domain.finding import Finding, Level
from payment_core.domain.merchant import Merchant
from payment_core.domain.settlement import OVER
from payment_core.domain.templates import approved
from payment_core.errors import SecretUnreadable
from payment_core.services import Core
from payment_core.settings import ELSEWHERE, PREFIX, TABLE, Settings
from payment_core.store import applications, gauges, health_facts, merchants
from payment_core.store.schema.migrate import SCHEMA
from payment_core.texts.catalogue import languages, nearest

# A queue two minutes behind is no load peak any more; a merchant may be silent for a day.
_LATE_SECONDS = 120.0
_SILENT_AFTER = timedelta(days=1)
_LOOKS_BACK = timedelta(days=7)
_OVERDUE = timedelta(minutes=10)
_MAKE_OR_CORRECT = (
    f"Run `{SCHEMA.upgrade}`, or correct PAYMENT_CORE_DATABASE_URL: a relative name counts from this folder."
)
# Written to somebody who may never have written to us.
_NEED_TEMPLATES = ("payment_request", "replaced", "receipt", "cancelled", "reversed")


def examine(core: Core) -> list[Finding]:
    """Return what is wrong, or soon will be; an empty list where all is well."""
    found = [*_unknown_settings(), *_files(core.settings)]
    unusable = _database(core)
    if unusable is not None:
        return [*found, unusable]
    with core.transactions.read() as work:
        every = merchants.listed(work)
    if not every:
        text = "There is no merchant."
        found.append(
            Finding("merchants", Level.WRONG, text, "Run `chat2pay-core merchant add`.", "Nobody can ask for a link.")
        )
    for one in every:
        found += _merchant(core, one)
    return [*found, *_queues(core)]


def _unknown_settings() -> Iterator[Finding]:
    for name in unknown_names(PREFIX, TABLE, elsewhere=ELSEWHERE):
        texts = unknown_name_texts(name, guide="docs/payment_core.md")
        yield Finding("settings", Level.SOON, subject=name, **texts)


def _files(settings: Settings) -> Iterator[Finding]:
    for name, path in settings.secret_files.items():
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            yield Finding(
                "secret_files", Level.SOON, f"{path} ({name}) can be read by other users of this machine.",
                f"chmod 600 {path}", "Whoever reads it can decrypt the database.", name,
            )  # fmt: skip


def _database(core: Core) -> Finding | None:
    database = core.transactions.database
    try:
        if not database.is_fleet and not core.settings.sqlite_path.exists():
            problem, remedy = f"{core.settings.sqlite_path.absolute()} does not exist.", _MAKE_OR_CORRECT
        elif (found := misfit(SCHEMA, database)) is not None:
            problem, remedy = found.problem, found.remedy
        else:
            return None
    except DATABASE_FAULT as error:
        problem, remedy = f"The database cannot be used: {reason_of(error)}.", "Start it, or correct its address."
    return Finding("database", Level.WRONG, problem, remedy, "Nothing works.")


def _merchant(core: Core, merchant: Merchant) -> Iterator[Finding]:
    name = merchant.merchant_id
    try:
        with core.transactions.read() as work:
            secrets = merchants.secrets_of(work, name)
            apps = applications.enabled(work, name)
    except SecretUnreadable:
        yield Finding(
            "secrets", Level.WRONG, "Its secrets cannot be decrypted with the present encryption keys.",
            "Put the key that encrypted them back into PAYMENT_CORE_ENCRYPTION_KEYS, behind the newest.",
            "No payment can begin, and no message leaves.", name,
        )  # fmt: skip
        return
    for provider in filter(None, (GATEWAYS.get(merchant.gateway), MESSENGERS.get(merchant.messenger))):
        for secret in provider.secrets:
            if not secrets.every(secret.name):
                yield Finding(
                    "secrets", Level.WRONG if secret.required else Level.SOON, f"{secret.name} is missing.",
                    f"Run `chat2pay-core merchant secret {name} {secret.name}`.",
                    "What the provider reports is not believed: payments are found out later." if not secret.required
                    else "The provider refuses us.", name,
                )  # fmt: skip
    if not apps:
        yield Finding(
            "applications", Level.SOON, "No application is enabled.",
            f"Run `chat2pay-core application set {name} --name Salesforce --payment-status-url https://…`, or use the portal.",
            "Nobody can ask for a link.", name,
        )  # fmt: skip
    for one in apps:
        if one.missing_urls:
            names = ", ".join(url.replace("_", " ") for url in one.missing_urls)
            yield Finding(
                "applications", Level.WRONG, f"{one.name} lacks its {names}.",
                f"Run `chat2pay-core application set {name} {one.application_id}`, or use the portal.",
                "It learns nothing of that.", name,
            )  # fmt: skip
    yield from _templates(merchant)
    yield from _silence(core, merchant)
    yield from _strange_payments(core, merchant)


def _templates(merchant: Merchant) -> Iterator[Finding]:
    """Yield the messages that WhatsApp would refuse outside of 24 hours after a customer's own."""
    if merchant.messenger not in MESSENGERS or Channel.WHATSAPP not in merchant.channels:
        return
    # Ids are for all languages, or each for its own, as the portal saves them.
    spoken = (nearest(merchant.locale), *languages())
    missing = [one for one in _NEED_TEMPLATES if approved(merchant.templates, one, Channel.WHATSAPP, spoken) is None]
    if missing:
        yield Finding(
            "templates", Level.SOON, f"No approved WhatsApp template is named for: {', '.join(missing)}.",
            "Have them approved, and put their ids into the portal under Messages.",
            "WhatsApp takes these messages only within 24 hours of the customer's last one.", merchant.merchant_id,
        )  # fmt: skip


def _silence(core: Core, merchant: Merchant) -> Iterator[Finding]:
    """Yield where customers paid lately and the gateway reported nothing."""
    with core.transactions.read() as work:
        paid = health_facts.last_attempt(work, merchant.merchant_id)
        latest = health_facts.last_webhook(work, merchant.merchant_id, merchant.gateway)
    if merchant.gateway not in GATEWAYS or paid is None or paid < core.now() - _LOOKS_BACK:
        return
    if latest is None or latest < paid - _SILENT_AFTER:
        when = f"since {latest:%Y-%m-%d %H:%M} UTC" if latest else "ever"
        yield Finding(
            "webhooks", Level.WRONG, f"{GATEWAYS[merchant.gateway].title} has not reported anything {when}.",
            f"Register {core.public_url}/hooks/{merchant.gateway}/{merchant.hook} there.",
            "Each payment is found out a minute late, refunds and alarms ten minutes late.", merchant.merchant_id,
        )  # fmt: skip


def _strange_payments(core: Core, merchant: Merchant) -> Iterator[Finding]:
    """Yield where the gateway reports payments that carry our marks and are not in this database."""
    if merchant.gateway not in GATEWAYS:
        return
    now = core.now()
    with core.transactions.read() as work:
        number = health_facts.unknown_webhooks(
            work, merchant.merchant_id, merchant.gateway, since=now - _LOOKS_BACK, before=now - _OVERDUE
        )
    if number:
        yield Finding(
            "unknown_payments", Level.SOON, f"{number} reports of the last week are about payments that this database lacks.",
            "If a back-up was restored: look up in the gateway's list what was paid since it was made (the field `link` of its "
            "metadata, and `order`), and give it back or book it by hand. If another core uses the same account: nothing.",
            "Money may have been taken for an order that never learns of it.", merchant.merchant_id,
        )  # fmt: skip


def _queues(core: Core) -> Iterator[Finding]:
    now = core.now()
    with core.transactions.read() as work:
        levels = gauges.levels(work, now=now)
        unknown = health_facts.unknown_messages(work, since=now - _LOOKS_BACK)
        overdue = health_facts.overdue_links(work, before=now - _OVERDUE)
    if overdue:
        yield Finding(
            "links", Level.WRONG, f"The time of {overdue} links is over for long, and they are not closed.",
            "Run `chat2pay-core reconcile`, and look for `step_failed` in the log.",
            "They may still be paid, and no agent can send another.",
        )  # fmt: skip
    if levels.workers == 0:
        yield Finding(
            "workers", Level.WRONG, "No worker has given a sign of life lately.", "Start `chat2pay-core worker`.",
            "Notifications, repeated messages and expiry wait.",
        )  # fmt: skip
    for queue, seconds in levels.overdue_seconds.items():
        if seconds > _LATE_SECONDS:
            yield Finding(
                "queues", Level.WRONG, f"The oldest of {levels.waiting[queue]} {queue} is {seconds:.0f} s overdue.",
                "Look for `step_failed` in the log.", "News of payments come late.", queue,
            )  # fmt: skip
    if levels.parked:
        yield Finding(
            "deliveries", Level.WRONG, f"{levels.parked} notifications were given up after three days.",
            "Correct the application's URL, then run `chat2pay-core delivery replay MERCHANT --state parked`.",
            "The application does not know what was paid.",
        )  # fmt: skip
    for reason, number in levels.attention.items():
        if reason in OVER:
            continue
        yield Finding(
            "attention", Level.WRONG, f"{number} payments need a person: {reason.replace('_', ' ')}.",
            "Look at them at the gateway, then press “I have dealt with it” on their page in the portal.",
            "Money may be where it does not belong.", reason,
        )  # fmt: skip
    if unknown:
        yield Finding(
            "messages", Level.SOON, f"Of {unknown} messages of the last week nobody knows whether they were sent.",
            "Compare them with the messenger's own list.", "Some customers may have no link.",
        )  # fmt: skip
