"""Whether the core calls back: named after minutes, for each of its addresses, and only where it should have."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import cast

import pytest

from connector.core.client import CoreClient
from connector.domain.health.finding import Level
from connector.domain.payments.payment import Channel
from connector.domain.tenants.tenant import CoreConfiguration
from connector.journeys.incidents.refresh_settings import follow_settings, refresh_settings
from connector.journeys.incidents.report_callbacks_received import report_callbacks_received
from connector.store.inbox.inbox import InboxEntry
from tests.doctor.clinic import Clinic

MISSING = "callbacks_missing"


def missing(clinic: Clinic) -> list[tuple[str, Level, str]]:
    return [(one.subject, one.level, one.problem) for one in clinic.findings() if one.check == MISSING]


def short(clinic: Clinic) -> list[tuple[str, str]]:
    return [(subject, level.value) for subject, level, _ in missing(clinic)]


@pytest.fixture
def unheard(clinic: Clinic) -> Clinic:
    """A tenant that was connected a moment ago: nobody has called back yet."""
    clinic.unhear()
    return clinic


def test_a_tenant_that_was_connected_just_now_is_left_in_peace(unheard: Clinic) -> None:
    unheard.clock.pass_by(minutes=2)
    assert missing(unheard) == []


def test_nothing_received_and_nothing_sent_is_to_be_known_after_minutes(unheard: Clinic) -> None:
    unheard.clock.pass_by(minutes=4)
    ((subject, level, wrong),) = missing(unheard)
    assert (subject, level) == ("", Level.SOON)
    assert "has not called back yet" in wrong


def test_a_disabled_tenant_that_was_never_called_back_is_left_in_peace(unheard: Clinic) -> None:
    unheard.clock.pass_by(minutes=4)
    unheard.keep(replace(unheard.tenant, disabled=True))
    assert missing(unheard) == []


def test_nothing_received_although_links_were_sent_is_wrong_after_minutes(unheard: Clinic) -> None:
    assert unheard.send().status_code == 201
    unheard.clock.pass_by(minutes=2)
    assert missing(unheard) == []
    unheard.clock.pass_by(minutes=2)
    ((subject, level, wrong),) = missing(unheard)
    assert (subject, level) == ("", Level.WRONG)
    assert "has never called back: perhaps nothing is pasted in its portal yet" in wrong


def test_of_what_was_sent_more_than_a_day_ago_nobody_is_accused(unheard: Clinic) -> None:
    assert unheard.send().status_code == 201
    unheard.clock.pass_by(hours=23)
    assert short(unheard) == [("", "wrong")]
    unheard.clock.pass_by(hours=2)
    assert short(unheard) == [("", "soon")]


def test_silence_since_is_told_apart_from_silence_ever(clinic: Clinic) -> None:
    clinic.clock.pass_by(minutes=2)
    assert clinic.send().status_code == 201
    clinic.clock.pass_by(minutes=4)
    ((subject, level, wrong),) = missing(clinic)
    assert (subject, level) == ("", Level.WRONG)
    assert "has not called back once since" in wrong


def test_what_came_within_a_minute_of_the_last_that_was_noted_is_believed_to_have_come(clinic: Clinic) -> None:
    clinic.clock.pass_by(seconds=50)
    assert clinic.send().status_code == 201
    clinic.callback(clinic.core.happen(clinic.core.last(), "PAYMENT_LINK_CLICKED"))
    clinic.clock.pass_by(minutes=30)
    assert missing(clinic) == []


@pytest.mark.parametrize(
    ("word", "told", "untold"),
    [
        ("PAYMENT_LINK_CLICKED", "transaction-status", []),
        ("PAYMENT_RECEIVED", "transaction-status", [("payment-status", "soon")]),
        ("PAYMENT_RECEIVED", "payment-status", [("transaction-status", "soon")]),
    ],
)
def test_each_address_is_named_by_itself_where_it_should_have_been_told(
    clinic: Clinic, word: str, told: str, untold: list[tuple[str, str]]
) -> None:
    clinic.clock.pass_by(minutes=2)
    assert clinic.send().status_code == 201
    clinic.callback(clinic.core.happen(clinic.core.last(), word), kind=told)
    clinic.clock.pass_by(minutes=4)
    assert short(clinic) == untold
    for kind, _ in untold:
        clinic.heard(kind)
    assert missing(clinic) == []


def test_a_quiet_day_needs_no_callback(clinic: Clinic) -> None:
    clinic.clock.pass_by(days=3)
    assert missing(clinic) == []


def test_settings_that_changed_without_a_word_are_found_at_night_and_followed(clinic: Clinic) -> None:
    clinic.core.configuration["currencies"] = ["ZAR", "EUR"]
    clinic.night()
    assert ("settings_untold", "") in clinic.open_findings()
    (told,) = [one for one in clinic.findings() if one.check == "settings_untold"]
    assert "now offers EUR" in told.problem
    assert clinic.services.store.tenants.by_id("acme").configuration.currencies == ("ZAR", "EUR")  # type: ignore[union-attr]
    clinic.clock.pass_by(minutes=2)
    clinic.callback({"anything": 1}, kind="settings")
    assert clinic.open_findings() == set()


def test_settings_that_were_told_are_no_finding(clinic: Clinic) -> None:
    clinic.core.configuration["currencies"] = ["ZAR", "EUR"]
    clinic.callback({"anything": 1}, kind="settings")
    clinic.wait(70)
    assert clinic.open_findings() == set()


@pytest.mark.parametrize(
    ("kind", "seconds", "is_closed"), [("settings", 60, True), ("settings", 61, False), ("payment-status", 0, False)]
)
def test_settings_that_were_told_just_before_we_noticed_are_the_same_change(
    clinic: Clinic, kind: str, seconds: int, is_closed: bool
) -> None:
    clinic.core.configuration["currencies"] = ["ZAR", "EUR"]
    clinic.night()
    told_at = clinic.clock() - timedelta(seconds=seconds)
    entry = InboxEntry(b"d", "acme", kind, b"{}", told_at, 1, 1, None, "w1.1", True)
    report_callbacks_received(entries=[entry], store=clinic.services.store)
    assert (("settings_untold", "") not in clinic.open_findings()) is is_closed


@pytest.mark.parametrize(
    ("channels", "currencies", "told"),
    [
        (("sms",), ("ZAR",), "no longer offers whatsapp"),
        (("sms", "whatsapp"), ("EUR",), "no longer offers ZAR and now offers EUR"),
        (("sms",), (), "no longer offers whatsapp, ZAR"),
        (("sms", "whatsapp"), ("EUR", "USD", "ZAR"), "now offers EUR, USD"),
    ],
)
def test_what_the_core_offers_no_longer_and_now_is_named(
    clinic: Clinic, channels: tuple[str, ...], currencies: tuple[str, ...], told: str
) -> None:
    before = CoreConfiguration((Channel.SMS, Channel.WHATSAPP), ("ZAR",), "Acme")
    offered = replace(before, channels=tuple(map(Channel, channels)), currencies=currencies)
    tenant, store = clinic.keep(replace(clinic.tenant, configuration=before)), clinic.services.store
    follow_settings(tenant=tenant, offered=offered, store=store, now=clinic.clock())
    (found,) = [one for one in clinic.findings() if one.check == "settings_untold"]
    assert found.problem.startswith(f"The payment core {told}, and has not told us")


@pytest.mark.parametrize(
    ("environment", "is_followed"), [("SANDBOX", True), (None, True), ("PRODUCTION", False)], ids=str
)
def test_settings_of_another_environment_are_not_this_tenants(
    clinic: Clinic, environment: str | None, is_followed: bool
) -> None:
    offered = replace(clinic.tenant.configuration, currencies=("EUR",))
    core = cast(CoreClient, SimpleNamespace(get_configuration=lambda _core: (environment, offered)))
    refresh_settings(tenant=clinic.tenant, store=clinic.services.store, core=core, now=clinic.clock())
    kept = clinic.services.store.tenants.by_id("acme")
    assert kept is not None
    assert (kept.configuration.currencies == ("EUR",)) is is_followed
