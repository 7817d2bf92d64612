"""A message is shown before anybody gets it, with its parts and characters."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from payment_core.journeys.messaging.purposes import Purpose

PATH = "/api/v2/message-preview"


def test_a_request_is_shown_as_an_sms_is_counted(client: FlaskClient, api_key: str) -> None:
    answer = client.get(PATH, query_string={"totalAmount": "150.00"}, headers={"Authorization": api_key})
    shown = answer.get_json()
    assert answer.status_code == 200
    assert (shown["channel"], shown["language"], shown["purpose"]) == ("sms", "en", "payment_request")
    assert "please pay ZAR 150.00 here" in shown["text"]
    assert (shown["characters"], shown["parts"], shown["alphabet"]) == (len(shown["text"]), 1, "GSM-7")


def test_another_alphabet_costs_parts(client: FlaskClient, api_key: str) -> None:
    answer = client.get(PATH, query_string={"language": "ar"}, headers={"Authorization": api_key})
    assert (answer.get_json()["alphabet"], answer.get_json()["parts"] > 1) == ("UCS-2", True)


@pytest.mark.parametrize("channel", ["sms", "whatsapp"])
@pytest.mark.parametrize("purpose", list(Purpose))
def test_every_message_can_be_shown(client: FlaskClient, api_key: str, purpose: Purpose, channel: str) -> None:
    query = {"purpose": purpose.value, "channel": channel}
    answer = client.get(PATH, query_string=query, headers={"Authorization": api_key})
    assert answer.status_code == 200
    assert answer.get_json()["text"]
    assert "{" not in answer.get_json()["text"]


@pytest.mark.parametrize(
    "query", [{"purpose": "x"}, {"channel": "x"}, {"currency": "XXX"}, {"totalAmount": "x"}, {"language": "?"}]
)
def test_what_cannot_be_shown_is_refused_by_its_field(client: FlaskClient, api_key: str, query: dict[str, str]) -> None:
    answer = client.get(PATH, query_string=query, headers={"Authorization": api_key})
    assert (answer.status_code, answer.get_json()["field"]) == (400, next(iter(query)))


def test_it_needs_the_key(client: FlaskClient) -> None:
    assert client.get(PATH).status_code == 401
