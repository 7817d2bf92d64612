"""What the core offers beside what our pages and orders rely on: each thing that is gone is named once, with what fails."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
import requests

from connector.domain.payments.payment import Channel
from tests.doctor.clinic import Clinic
from tests.peers.answers import Answer

WHATSAPP = (Channel.SMS, Channel.WHATSAPP)


def offer(clinic: Clinic, status: int = 200, **changes: Any) -> None:
    """Let the core say what it offers, or refuse to."""
    told = {"environment": "SANDBOX", "channels": ["sms"], "currencies": ["ZAR"], **changes}

    def answer(request: requests.PreparedRequest) -> Answer | None:
        return (status, {}, json.dumps(told)) if "/configuration" in str(request.url) else None

    clinic.on_the_way = answer


@pytest.mark.parametrize(
    ("known", "offered", "subject", "said"),
    [
        pytest.param({}, {"channels": []}, "channels", "offers no channel", id="no channel"),
        pytest.param({"channels": WHATSAPP}, {"channels": []}, "channels", "offers no channel", id="none of several"),
        pytest.param({"channels": WHATSAPP}, {}, "channels", "no longer offers whatsapp", id="one channel less"),
        pytest.param({"currencies": ("ZAR", "EUR")}, {}, "EUR", "no longer takes EUR", id="one currency less"),
        pytest.param({}, {"currencies": ["EUR"]}, "ZAR", "does not take ZAR, the currency of orders", id="not ours"),
    ],
)
def test_what_is_gone_is_named_once(
    clinic: Clinic, known: dict[str, Any], offered: dict[str, Any], subject: str, said: str
) -> None:
    clinic.keep(replace(clinic.tenant, configuration=replace(clinic.tenant.configuration, **known)))
    offer(clinic, **offered)
    (finding,) = clinic.findings()
    assert (finding.check, finding.level, finding.subject) == ("core_offers", "wrong", subject)
    assert said in finding.problem


def test_what_is_new_is_no_fault(clinic: Clinic) -> None:
    offer(clinic, channels=["sms", "whatsapp"], currencies=["ZAR", "EUR"])
    assert clinic.names() == []


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_may_ask_nothing_is_named(clinic: Clinic, status: int) -> None:
    offer(clinic, status)
    assert clinic.names() == [("core_key", "wrong", "")]
