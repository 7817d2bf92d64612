"""Countries in addresses, with and without the org's country picklists, and for whom their fields are closed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

COUNTRIES = {"Order": "BillingCountry", "Account": "BillingCountry", "Contact": "MailingCountry"}


def switched(client: FlaskClient, *, on: bool) -> None:
    assert client.patch("/sandbox/org", json={"country_picklists": on}).get_json()["country_picklists"] is on


def ordered(client: FlaskClient, **fields: Any) -> str:
    answer = client.post("/sandbox/orders", json=fields)
    assert answer.status_code == 201, answer.get_json()
    return str(answer.get_json()["id"])


@pytest.mark.parametrize(("object_name", "field"), COUNTRIES.items())
def test_the_codes_exist_with_the_picklists_only(client: FlaskClient, api: Any, object_name: str, field: str) -> None:
    def fields() -> dict[str, Any]:
        return {one["name"]: one for one in api.call("GET", f"sobjects/{object_name}/describe").get_json()["fields"]}

    text = f"SELECT Id FROM {object_name} WHERE {field}Code = 'ZA'"
    assert fields()[field]["type"] == "string"
    assert f"{field}Code" not in fields()
    assert api.call("GET", f"query?q={text}").get_json()[0]["errorCode"] == "INVALID_FIELD"
    switched(client, on=True)
    code = fields()[f"{field}Code"]
    assert code["restrictedPicklist"]
    assert {"ZA", "KE", "NA"} <= {one["value"] for one in code["picklistValues"]}
    assert api.query(text)


def test_a_name_brings_its_code_and_a_code_its_name(client: FlaskClient, api: Any) -> None:
    before = ordered(client, BillingCountry="Kenya")
    switched(client, on=True)
    after = ordered(client, BillingCountryCode="JP")
    odd = ordered(client, BillingCountry="Narnia")

    def country(order_id: str) -> tuple[str | None, str | None]:
        row = api.query(f"SELECT BillingCountry, BillingCountryCode FROM Order WHERE Id = '{order_id}'")[0]
        return row["BillingCountry"], row["BillingCountryCode"]

    assert [country(one) for one in (before, after, odd)] == [("Kenya", "KE"), ("Japan", "JP"), ("Narnia", None)]
    client.patch(f"/sandbox/orders/{after}", json={"BillingCountry": "South Africa"})
    assert country(after) == ("South Africa", "ZA")
    client.patch(f"/sandbox/orders/{after}", json={"BillingCountryCode": "KE"})
    assert country(after) == ("Kenya", "KE")


def test_samples_live_somewhere(api: Any) -> None:
    rows = api.query("SELECT BillingCountry, BillToContact.MailingCountry, Account.BillingCountry FROM Order")
    assert {row["BillingCountry"] for row in rows} == {"South Africa", "Japan", "Kuwait"}
    assert all(row["Account"]["BillingCountry"] == row["BillingCountry"] for row in rows)


def test_a_field_may_be_closed_to_agents_and_stay_open_to_the_integration_user(
    client: FlaskClient, user: Callable[[str], Any]
) -> None:
    closed = {"Order.BillingCountry": {"readable": False, "editable": False}}
    assert client.put("/sandbox/agent-field-permissions", json=closed).status_code == 200
    path = "/services/data/v67.0/query?q=SELECT BillingCountry FROM Order"
    agent, ours = (client.get(path, headers=bearer(user(name))) for name in ("Thandi", "Chat2Pay"))
    assert (agent.status_code, agent.get_json()[0]["errorCode"]) == (400, "INVALID_FIELD")
    assert ours.status_code == 200
    assert client.put("/sandbox/agent-field-permissions", json={}).status_code == 200
    assert client.get(path, headers=bearer(user("Thandi"))).status_code == 200


def bearer(user: Any) -> dict[str, str]:
    return {"Authorization": f"Bearer {user['access_token']}"}
