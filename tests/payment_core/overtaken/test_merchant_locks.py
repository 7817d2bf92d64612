"""Two people who change a merchant at once both keep what they wrote, and its news leave in the order of its changes.

On PostgreSQL, where two processes are in a transaction at once; SQLite has one writer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import replace
from secrets import token_hex
from uuid import uuid4

import pytest
from sqlalchemy import select

from foundation.database.unit_of_work import UnitOfWork
from foundation.secret import Secret
from payment_core.domain.application import Application
from payment_core.domain.enums import ApplicationStatus, Channel
from payment_core.domain.merchant import Merchant, MerchantSecrets
from payment_core.journeys.configuring.change_application import change_application, set_status
from payment_core.journeys.configuring.change_keys import add_key, renew_key, revoke_key
from payment_core.journeys.configuring.change_merchant import change_merchant
from payment_core.journeys.configuring.change_settings import change_settings
from payment_core.journeys.configuring.change_template import change_approved_id, change_template
from payment_core.journeys.configuring.replace_secret import replace_secrets
from payment_core.journeys.notifying import queue_notifications
from payment_core.services import Core
from payment_core.store import api_keys, applications, merchants
from payment_core.store.schema.tables import deliveries
from tests.payment_core.conftest import APPLICATION
from tests.payment_core.overtaken.test_link_locks import somebody_waits

pytestmark = pytest.mark.parametrize("core_database_url", ["postgresql"], indirect=True)
BY, HX, SECRET = "Thandi", f"HX{token_hex(16)}", f"whsec_{token_hex(16)}"
Deed = Callable[[Core, Merchant], object]


@pytest.fixture
def sold(core: Core, merchant: Merchant) -> Merchant:
    """The merchant with its accounts at the providers of production."""
    with core.transactions.write() as work:
        return merchants.save(work, replace(merchant, gateway="stripe", messenger="twilio"), now=core.now())


@contextmanager
def while_another(core: Core, do: Callable[[], object]) -> Iterator[tuple[UnitOfWork, Callable[[], None]]]:
    """Write in one transaction, in which a call lets another process begin to do something; both have ended after it."""
    with ThreadPoolExecutor(1) as pool:
        begun: list[Future[object]] = []

        def begin() -> None:
            begun.append(pool.submit(do))
            while not begun[0].done() and not somebody_waits(core):
                wait(begun, timeout=0.01)

        with core.transactions.write() as work:
            yield work, begin
        begun[0].result(60)


DEEDS: dict[str, tuple[Deed, Callable[[Merchant], bool]]] = {
    "settings": (
        lambda c, m: change_settings(c, m, {"currencies": ["ZAR"]}, by=BY), lambda m: m.currencies == ("ZAR",)
    ),
    "answers": (lambda c, m: change_merchant(c, m, {"tells_expiry": True}, by=BY), lambda m: m.tells_expiry),
    "a text": (
        lambda c, m: change_template(c, m, "payment_request", Channel.SMS, "en", "Pay {amount}: {url}", by=BY),
        lambda m: "payment_request.sms.en" in m.templates,
    ),
    "an approved text": (
        lambda c, m: change_approved_id(c, m, "payment_request", "en", HX, by=BY),
        lambda m: m.templates.get("payment_request.whatsapp.en") == HX,
    ),
    "a secret": (
        lambda c, m: replace_secrets(c, m, {"stripe.webhook": SECRET}, keeps_older=False, by=BY), lambda m: True,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DEEDS)
def test_what_another_person_changes_just_now_stays_changed(core: Core, sold: Merchant, name: str) -> None:
    do, is_done = DEEDS[name]
    with while_another(core, lambda: do(core, sold)) as (work, begin):
        locked = merchants.lock(work, sold.merchant_id)
        assert locked is not None
        secrets = MerchantSecrets({"twilio.webhook": (Secret("0" * 32),)})
        merchants.save_secrets(work, replace(locked, name="Karoo Beans"), secrets, now=core.now())
        begin()
    with core.transactions.read() as work:
        after, stored = merchants.get(work, sold.merchant_id), merchants.secrets_of(work, sold.merchant_id)
    assert (after.name, is_done(after)) == ("Karoo Beans", True)
    assert stored.one("twilio.webhook").value == "0" * 32
    assert (stored.one("stripe.webhook").value == SECRET) == (name == "a secret")


def test_one_form_that_is_sent_twice_at_once_adds_one_application(core: Core, sold: Merchant) -> None:
    mine, form = str(uuid4()), {"name": "Till"}
    again = lambda: change_application(core, sold, mine, form, by=BY, may_lack_urls=True)  # noqa: E731
    with while_another(core, again) as (work, begin):
        merchants.lock(work, sold.merchant_id)
        applications.save(work, Application(mine, sold.merchant_id, name="Till"), now=core.now())
        begin()
    with core.transactions.read() as work:
        assert sorted(one.name for one in applications.listed(work, sold.merchant_id)) == [APPLICATION.name, "Till"]


def test_what_is_disabled_just_now_is_not_enabled_again_by_a_form_that_is_saved(core: Core, sold: Merchant) -> None:
    mine = APPLICATION.application_id
    disable = lambda: set_status(core, sold, mine, ApplicationStatus.DEACTIVATED, by=BY)  # noqa: E731
    with while_another(core, disable) as (work, begin):
        merchants.lock(work, sold.merchant_id)
        found = applications.find(work, sold.merchant_id, mine)
        assert found is not None
        begin()
        applications.save(work, replace(found, name="Org"), now=core.now())
    with core.transactions.read() as work:
        after = applications.find(work, sold.merchant_id, mine)
    assert after is not None
    assert (after.name, after.status) == ("Org", ApplicationStatus.DEACTIVATED)


@pytest.mark.parametrize(
    ("name", "event"), [("add", "API_KEY_ADDED"), ("revoke", "API_KEY_REMOVED"), ("renew", "API_KEY_REPLACED")]
)
def test_news_of_settings_are_queued_in_the_order_of_the_changes(
    core: Core, sold: Merchant, name: str, event: str
) -> None:
    with core.transactions.write() as work:
        made, _ = api_keys.add(work, sold.merchant_id, "till", now=core.now())
    deeds: dict[str, Callable[[], object]] = {
        "add": lambda: add_key(core, sold, "shop", by=BY),
        "revoke": lambda: revoke_key(core, sold, made.key_id, by=BY),
        "renew": lambda: renew_key(core, sold, by=BY),
    }
    with while_another(core, deeds[name]) as (work, begin):
        merchants.lock(work, sold.merchant_id)
        begin()
        queue_notifications.settings_changed(work, core, sold, "CHANNEL_ADDED", "sms")
    with core.transactions.read() as work:
        events = work.connection.execute(select(deliveries.c.event).order_by(deliveries.c.delivery_id)).scalars()
        assert list(events) == ["CHANNEL_ADDED", event]
