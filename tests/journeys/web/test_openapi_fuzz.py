"""Schemathesis at every door, behind its credentials: what comes back is what /openapi.json says, and never a fault of ours.

https://schemathesis.readthedocs.io/ The seed is fixed and printed: a failure is the same failure the next time.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from secrets import token_urlsafe
from typing import Any

import jsonschema_rs
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import content_type_conformance, response_headers_conformance, response_schema_conformance
from schemathesis.checks import status_code_conformance as status_conformance
from schemathesis.core.parameters import ParameterLocation

from connector.web.openapi.document import ENDPOINTS
from connector.web.openapi.parts.operation import Body, Endpoint
from connector.web.openapi.parts.spec import name_of
from foundation.secret import Secret
from tests.factories import CALLBACK_KEY, CALLBACK_PASSWORD, CALLBACK_USER, ORG, PHONE, THANDI, basic
from tests.journeys.keys import KeyHolder
from tests.journeys.world import Page, World
from tests.openapi.documented import DOCUMENT
from tests.peers.core import OWN_CORE

SEED = 20261121
EXAMPLES = 10
SEEDS = 12
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
# What nobody here can sign, or call from this machine.
OUTSIDE = {
    ("launch", ()),
    ("metrics", ()),
    ("receiveNotification", ("webhookId", "webhookTimestamp", "webhookSignature")),
}
PROMISES = [status_conformance, content_type_conformance, response_headers_conformance, response_schema_conformance]
# What no schema can say: which numbers exist, what an order's currency and total are, which letters can be printed.
UNSAID = {"phone", "amount", "expected_total", "expected_currency", "reason", "text"}
# What is asked here is the same on both.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


class Insider:
    """Somebody who holds every credential and knows real ids, so that a guess gets behind the first refusal."""

    def __init__(self, world: World) -> None:
        wide = dict.fromkeys(("sends_per_order_hour", "sends_per_number_hour", "sends_per_tenant_minute"), 10_000)
        # A payment core of our own has every door: the vendor's hands no receipt over, and no link.
        world.restart(metrics_token=Secret(token_urlsafe()), core_hosts=(OWN_CORE.removeprefix("https://"),))
        core = {"base_url": OWN_CORE, "application": "app-uuid", "environment": "SANDBOX", "confirm": True}
        world.tenant(
            core=core,
            policy={
                "rights_from": "custom_permissions",
                "copy_links": True,
                "flow_may_give_phone": True,
                "flow_may_name_user": True,
                **wide,
            },
            parts_allowed=True,
        )
        world.org.permissions[THANDI.user_id] = {
            "Chat2Pay_Send", "Chat2Pay_Capture", "Chat2Pay_Reverse", "Chat2Pay_Supervise",
        }  # fmt: skip
        self.world = world
        self.page: Page = world.open(world.order())
        self.key = KeyHolder(world, "apex", "flow", "read", "capture", "supervise")
        self.reference = world.send(self.page).json["reference"]

    def headers(self, caller: tuple[str, ...]) -> dict[str, str]:
        """What one way to prove oneself takes."""
        match caller:
            case ("launchToken",):
                return self.page.headers
            case ("apiKey",):
                return self.key.headers
            case ("callbackProof",):
                return basic(CALLBACK_USER, CALLBACK_PASSWORD)
            case ("metricsToken",):
                token = self.world.services.settings.metrics_token
                assert token is not None
                return {"Authorization": f"Bearer {token.value}"}
            case _:
                return {}

    def real(self) -> dict[str, Any]:
        """Words that are true here."""
        return {
            "order_id": self.page.order_id, "reference": self.reference, "user_id": THANDI.user_id, "org_id": ORG,
            "callback_key": CALLBACK_KEY, "phone": PHONE, "channel": "sms", "amount": "1.00", "expected_total": "115.00",
            "expected_currency": "ZAR", "customer_agreed": True, "purpose": "part", "X-Salesforce-Org-Id": ORG,
            "reason": "The core has been down since noon",
        }  # fmt: skip

    def end_the_live_link(self) -> None:
        """Make room for another one, now and then."""
        self.world.clock.pass_by(seconds=20)
        for row in self.world.rows("payment_requests"):
            if row["live"]:
                self.world.cancel(self.page, row["reference"])


@pytest.fixture
def insider(world: World) -> Insider:
    return Insider(world)


class Doors:
    """The app of the test that runs: to read a document for each of them takes as long as to ask by it."""

    app: Any = None

    def __call__(self, *asked: Any) -> Any:
        return self.app(*asked)


DOORS = Doors()


@cache
def _read(path: str) -> Any:
    return schemathesis.openapi.from_wsgi(path, DOORS)


def described(path: str, insider: Insider) -> Any:
    """What a document says of the doors, which are those of this insider's world."""
    DOORS.app = insider.world.app
    return _read(path)


def ways() -> Iterator[Any]:
    for door in ENDPOINTS:
        asks = bool(door.body) or any(one.name != "If-None-Match" for one in door.parameters)
        for caller in door.callers:
            for mode in MODES if asks else MODES[:1]:
                yield pytest.param(
                    door, caller.schemes, mode, id=f"{door.name}-{'+'.join(caller.schemes)}-{mode.value}"
                )


@st.composite
def guesses(draw: Any, cases: st.SearchStrategy[Any], real: dict[str, Any]) -> Any:
    """A case of schemathesis in which none, some or all values are true ones."""
    case, trust = draw(cases), draw(st.sampled_from(("none", "some", "all")))
    items = case.body.get("items") if isinstance(case.body, dict) else None
    for place in (
        case.path_parameters,
        case.query,
        case.headers,
        case.body,
        *(items if isinstance(items, list) else ()),
    ):
        if hasattr(place, "update") and trust != "none":
            known = [name for name in place if name in real]
            place.update({name: real[name] for name in known if trust == "all" or draw(st.booleans())})
    for item in filter(lambda one: isinstance(one, dict), items if trust == "all" and isinstance(items, list) else ()):
        item.update(
            order_id=real["order_id"], channel=None, phone=None, user_id=None, idempotency_key=str(draw(st.uuids()))
        )
    return case


@pytest.mark.parametrize(("door", "caller", "mode"), list(ways()))
def test_a_door_answers_as_it_is_documented(
    insider: Insider, door: Endpoint, caller: tuple[str, ...], mode: GenerationMode
) -> None:
    schema = described("/openapi.json", insider)
    cases = schema[door.path][door.method.upper()].as_strategy(generation_mode=mode)
    must_pass = mode is GenerationMode.POSITIVE and (door.name, caller) not in OUTSIDE
    for chosen in range(SEED, SEED + SEEDS):  # a body of many optional fields needs some luck to be right as a whole
        print(f"seed {chosen}")
        if min(_statuses(insider, cases, caller, chosen)) < 300 or not must_pass:
            return
    pytest.fail("nothing got behind the door: this proves little")


def _statuses(insider: Insider, cases: st.SearchStrategy[Any], caller: tuple[str, ...], chosen: int) -> set[int]:
    """Ask, hold every answer against the document, and return which statuses came."""
    statuses = set()

    @seed(chosen)
    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=guesses(cases, insider.real()))
    def holds(case: Any) -> None:
        insider.end_the_live_link()
        answer = case.call(headers=insider.headers(caller))
        assert answer.status_code < 500, answer.text
        case.validate_response(answer, checks=PROMISES)
        statuses.add(answer.status_code)

    holds()
    return statuses


def without_nulls(value: Any) -> Any:
    """A JSON value whose objects hold no null, at any depth."""
    match value:
        case dict():
            return {name: without_nulls(inner) for name, inner in value.items() if inner is not None}
        case list():
            return [without_nulls(inner) for inner in value]
    return value


@pytest.mark.parametrize("path", ["/flow/send", "/flow/send-many", "/flow/status", "/flow/cancel"])
def test_a_flow_operation_answers_as_the_slim_document_says(insider: Insider, path: str) -> None:
    print(f"seed {SEED}")
    schema = described("/openapi-salesforce.json", insider)
    components = schema.raw_schema["components"]
    (takes,) = schema[path]["POST"].definition.raw["requestBody"]["content"].values()
    declared = components["schemas"][takes["schema"]["$ref"].rpartition("/")[2]]["properties"]

    @seed(SEED)
    @settings(
        max_examples=3 * EXAMPLES, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=guesses(schema[path]["POST"].as_strategy(), insider.real()))
    def holds(case: Any) -> None:
        insider.end_the_live_link()
        # Apex sends what is declared and nothing else.
        case.body = {name: value for name, value in case.body.items() if name in declared}
        answer = case.call(headers=insider.key.headers)
        assert answer.status_code < 500, answer.text
        case.validate_response(answer, checks=[status_conformance, content_type_conformance])
        said = case.operation.definition.raw["responses"][str(answer.status_code)]["content"]["application/json"][
            "schema"
        ]
        # Apex knows no difference between null and absent.
        told = without_nulls(answer.json())
        jsonschema_rs.validate({**said, "components": components}, told)
        outcomes.update(one.get("outcome") for one in told.get("results", [told]))

    outcomes: set[Any] = set()
    holds()
    assert outcomes - {None, "refused"}, "nothing got behind the door: this proves little"


def bodies() -> Iterator[Any]:
    """Every door that reads a JSON body, once for each caller whose body it documents."""
    for door in ENDPOINTS:
        for caller in door.callers if isinstance(door.body, Body) else ():
            yield pytest.param(door, caller.schemes, id=f"{door.name}-{'+'.join(caller.schemes)}")


def _body_of(door: Endpoint, caller: tuple[str, ...]) -> Any:
    """Where a door takes two bodies, the second is that of a tenant's own code."""
    assert isinstance(door.body, Body)
    shape = door.body.shapes[-1 if caller == ("apiKey",) else 0]
    component = DOCUMENT["components"]["schemas"][name_of(shape)]
    return jsonschema_rs.Draft202012Validator({**component, "components": DOCUMENT["components"]})


@pytest.mark.parametrize(("door", "caller"), list(bodies()))
@pytest.mark.parametrize("mode", MODES)
def test_the_document_is_as_strict_about_bodies_as_the_door(
    insider: Insider, door: Endpoint, caller: tuple[str, ...], mode: GenerationMode
) -> None:
    """What it does not allow is refused; what it allows is refused only for what a schema cannot say."""
    schema = described("/openapi.json", insider)
    cases = schema[door.path][door.method.upper()].as_strategy(generation_mode=mode)
    fits = _body_of(door, caller)
    wrong, asked = [], 0

    @seed(SEED)
    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=cases)
    def holds(case: Any) -> None:
        nonlocal asked
        body = case.meta.components.get(ParameterLocation.BODY)
        if body is None or body.mode is not mode:
            return
        if mode is GenerationMode.POSITIVE and not (isinstance(case.body, dict) and fits.is_valid(case.body)):
            return  # none at all, or the other caller's
        asked += 1
        real = insider.real()
        case.path_parameters.update({name: real[name] for name in case.path_parameters})
        case.query, case.headers = {}, {}
        if mode is GenerationMode.POSITIVE:
            case.body.update({name: real[name] for name in ("order_id", "user_id", "org_id") if case.body.get(name)})
        answer = case.call(headers=insider.headers(caller))
        error = answer.json()["error"] if answer.status_code >= 400 else {}
        if mode is GenerationMode.NEGATIVE and not error:
            wrong.append(case.body)
        if mode is GenerationMode.POSITIVE and error.get("code") in ("invalid", "invalid_json"):
            wrong.extend(
                {name: case.body.get(name), "why": why} for name, why in error["fields"].items() if name not in UNSAID
            )

    holds()
    assert asked
    assert wrong == []
