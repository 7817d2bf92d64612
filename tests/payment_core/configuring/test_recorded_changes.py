"""Whatever a person changes of a merchant is recorded once: who did what, to which thing, and no secret of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from secrets import token_hex
from uuid import uuid4

import pytest

from payment_core.domain.enums import ApplicationStatus, Channel
from payment_core.domain.merchant import Merchant
from payment_core.journeys.configuring.change_application import change_application, set_status
from payment_core.journeys.configuring.change_keys import add_key, renew_key, revoke_key
from payment_core.journeys.configuring.change_merchant import change_merchant
from payment_core.journeys.configuring.change_settings import change_settings
from payment_core.journeys.configuring.change_template import change_approved_id, change_template, remove_template
from payment_core.journeys.configuring.replace_secret import replace_secrets
from payment_core.journeys.configuring.sign_in import make_sign_in_link, sign_in
from payment_core.journeys.forgetting.forget_person import forget_person
from payment_core.journeys.notifying.replay_notifications import replay_notifications
from payment_core.services import Core
from payment_core.store import api_keys, changes, merchants
from payment_core.store.deliveries.delivery_list import DeliveryFilter
from payment_core.store.schema.tables import deliveries
from tests.payment_core.conftest import APPLICATION, CUSTOMER
from tests.payment_core.notifying.couriers import queue

# The record is the same on both databases.
pytestmark = pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
BY = "Thandi"
NEW, SECRET, HX = str(uuid4()), f"whsec_{token_hex(16)}", f"HX{token_hex(16)}"
MINE = APPLICATION.application_id


def _revoke(core: Core, merchant: Merchant) -> None:
    with core.transactions.write() as work:
        made, _ = api_keys.add(work, merchant.merchant_id, "till", now=core.now())
    revoke_key(core, merchant, made.key_id, by=BY)


def _with_a_text(core: Core, merchant: Merchant) -> Merchant:
    with core.transactions.write() as work:
        kept = merchants.get(work, merchant.merchant_id)
        return merchants.save(work, replace(kept, templates={"receipt.sms.en": "Paid."}), now=core.now())


def _send_again(core: Core, merchant: Merchant) -> None:
    queue(core, "lane", "NEWS")
    with core.transactions.write() as work:
        work.connection.execute(deliveries.update().values(state="delivered", due_at=None))
    assert replay_notifications(core, merchant, DeliveryFilter(merchant.merchant_id), by=BY) == 1


DEEDS: dict[str, tuple[Callable[[Core, Merchant], object], str, str]] = {
    "a key made": (lambda c, m: add_key(c, m, "till", by=BY), "key added", " (till)"),
    "a key ended": (_revoke, "key revoked", "key_"),
    "a key renewed": (lambda c, m: renew_key(c, m, by=BY), "key replaced", ""),
    "settings": (lambda c, m: change_settings(c, m, {"merchant_name": "Beans"}, by=BY), "settings changed", "merchant_name"),
    "answers": (lambda c, m: change_merchant(c, m, {"tells_expiry": True}, by=BY), "merchant changed", "tells_expiry"),
    "an application": (
        lambda c, m: change_application(c, m, NEW, {"name": "Till"}, by=BY, may_lack_urls=True), "application added", "Till",
    ),
    "its name": (lambda c, m: change_application(c, m, MINE, {"name": "Org"}, by=BY), "application changed", "Org"),
    "its status": (
        lambda c, m: set_status(c, m, MINE, ApplicationStatus.DEACTIVATED, by=BY),
        f"application {ApplicationStatus.DEACTIVATED.value.lower()}", APPLICATION.name,
    ),
    "a text": (
        lambda c, m: change_template(c, m, "payment_request", Channel.SMS, "en", "Pay {amount}: {url}", by=BY),
        "message text changed", "payment_request.sms.en",
    ),
    "an approved text": (
        lambda c, m: change_approved_id(c, m, "payment_request", "en", HX, by=BY),
        "message text changed", "payment_request.whatsapp.en",
    ),
    "a secret": (
        lambda c, m: replace_secrets(c, m, {"stripe.webhook": SECRET}, keeps_older=False, by=BY),
        "secret replaced", "stripe.webhook",
    ),
    "a way in": (lambda c, m: make_sign_in_link(c, m.merchant_id, "Naledi", by=BY), "sign-in link made", "Naledi"),
    "a text taken away": (
        lambda c, m: remove_template(c, _with_a_text(c, m), "receipt", Channel.SMS, "en", by=BY, served=None),
        "message text changed", "receipt.sms.en",
    ),
    "news": (_send_again, "notifications sent again", "1 of them"),
    "a person": (lambda c, m: forget_person(c, m, number=CUSTOMER, payer=None, by=BY), "person forgotten", "by a number"),
}  # fmt: skip


@pytest.mark.parametrize("name", DEEDS)
def test_a_change_is_recorded_with_who_made_it_and_without_its_secrets(
    core: Core, merchant: Merchant, name: str
) -> None:
    do, what, detail = DEEDS[name]
    with core.transactions.write() as work:
        sold = merchants.save(work, replace(merchant, gateway="stripe", messenger="twilio"), now=core.now())
    done = do(core, sold)
    with core.transactions.read() as work:
        (found,) = changes.listed(work, merchant.merchant_id, most=9)
    assert (found.by, found.what, found.at) == (BY, what, core.now())
    assert detail in found.detail
    for secret in (SECRET, CUSTOMER, *(done if isinstance(done, tuple) else (done,))[-1:]):
        assert not isinstance(secret, str) or secret not in found.detail


def test_whoever_signs_in_is_recorded_by_name(core: Core, merchant: Merchant) -> None:
    link = make_sign_in_link(core, merchant.merchant_id, "Naledi", by=BY)
    assert sign_in(core, link.rpartition("/")[2]) is not None
    with core.transactions.read() as work:
        recorded = changes.listed(work, merchant.merchant_id, most=9)
    assert [(one.by, one.what) for one in recorded] == [("Naledi", "signed in"), (BY, "sign-in link made")]


@pytest.mark.parametrize("name", ["a form of the same", "a refused one"])
def test_what_changes_nothing_is_not_recorded(core: Core, merchant: Merchant, name: str) -> None:
    if name == "a refused one":
        with pytest.raises(Exception, match="is not a setting"):
            change_settings(core, merchant, {"colour": "red"}, by=BY)
    else:
        change_application(core, merchant, MINE, {"name": APPLICATION.name}, by=BY)
    with core.transactions.read() as work:
        assert changes.listed(work, merchant.merchant_id, most=9) == []
