"""A launch token: what it opens, how long, and when it may be renewed."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from connector.errors import Unauthenticated
from connector.web.callers.launch_token import GRACE, LaunchToken, issue, read
from foundation.secret import Secret
from tests.factories import LAUNCH_KEY, SIPHO, THANDI
from tests.journeys.world import Answer, Clock, Page, World


def renew(world: World, page: Page) -> Answer:
    answer = world.client.post("/api/launches/renew", headers=page.headers)
    if answer.status_code == 200:
        page.token = answer.json["launch_token"]
    return answer


def calls_with(world: World, headers: dict[str, str], order_id: str, reference: str) -> Iterator[Answer]:
    client = world.client
    yield client.get(f"/api/orders/{order_id}", headers=headers)
    yield client.post("/api/payment-requests", headers=headers, json={"channel": "sms", "phone": "27831234567"})
    yield client.get(f"/api/payment-requests/{reference}", headers=headers)
    yield client.post(f"/api/payment-requests/{reference}/cancel", headers=headers)
    yield client.post(f"/api/payment-requests/{reference}/refresh", headers=headers)
    yield client.post("/api/launches/renew", headers=headers)


def forged(page: Page, world: World, **changes: Any) -> str:
    claims = {
        "tenant_id": "acme",
        "user_id": THANDI.user_id,
        "user_name": "Thandi",
        "order_id": page.order_id,
        "launch_id": world.rows("launches")[0]["launch_id"],
        "time_zone": "UTC",
        "rights": ("send",),
        "expires_at": world.clock().replace(year=2027),
    }
    key = changes.pop("key", LAUNCH_KEY)
    return issue(LaunchToken(**{**claims, **changes}), keys=[Secret(key)], now=world.clock())


def for_another_purpose(page: Page) -> str:
    """Whatever else we may come to sign with this key, it opens no page."""
    key = OctKey.import_key(LAUNCH_KEY)
    signed = jwt.decode(page.token, key, algorithms=["HS256"])
    return jwt.encode(signed.header, {**signed.claims, "aud": "chat2pay-statement"}, key)


def by_another_algorithm(page: Page) -> str:
    """What is signed by our key and chooses for itself how it is verified: RFC 8725, 3.1."""
    key = OctKey.import_key(LAUNCH_KEY)
    signed = jwt.decode(page.token, key, algorithms=["HS256"])
    return jwt.encode({**signed.header, "alg": "HS512"}, signed.claims, key, algorithms=["HS512"])


def by_no_algorithm(page: Page) -> str:
    """What says that it needs no signature."""
    header, claims, _ = page.token.split(".")
    unsigned = urlsafe_b64decode(header + "=" * (-len(header) % 4)).replace(b"HS256", b"none")
    return f"{urlsafe_b64encode(unsigned).decode().rstrip('=')}.{claims}."


def test_opens_its_own_order_in_both_forms_of_the_id(world: World) -> None:
    page = world.open(world.order())
    for form in (page.order_id, page.order_id[:15]):
        assert world.client.get(f"/api/orders/{form}", headers=page.headers).json["order_id"] == page.order_id
    assert world.send(page, order_id=page.order_id[:15]).status_code == 201


@pytest.mark.parametrize("scheme", ["bearer ", "BEARER ", "Bearer  "], ids=["small", "large", "two spaces"])
def test_opens_its_order_in_every_form_of_the_header_that_http_allows(world: World, scheme: str) -> None:
    page = world.open(world.order())
    headers = {"Authorization": f"{scheme}{page.token}"}
    assert world.client.get(f"/api/orders/{page.order_id}", headers=headers).json["order_id"] == page.order_id


def test_opens_no_other_order_of_the_same_tenant_and_agent(world: World) -> None:
    page, other = world.open(world.order()), world.open(world.order())
    world.sent(other)
    reference = world.row("payment_requests")["reference"]
    answers = [
        world.client.get(f"/api/orders/{other.order_id}", headers=page.headers),
        world.client.get("/api/orders/nonsense", headers=page.headers),
        world.send(page, order_id=other.order_id),
        world.client.get(f"/api/payment-requests/{reference}", headers=page.headers),
        world.cancel(page, reference),
        world.client.post(f"/api/payment-requests/{reference}/refresh", headers=page.headers),
    ]
    assert [answer.status_code for answer in answers] == [404] * 6
    assert len({answer.json["error"]["message"] for answer in answers}) == 1
    assert len(world.core.sends) == 1
    assert (world.core.cancels, world.core.questions) == ([], [])


@pytest.mark.parametrize(
    "kind",
    [
        "none",
        "nonsense",
        "another scheme",
        "empty",
        "other key",
        "other algorithm",
        "no algorithm",
        "no launch",
        "other tenant",
        "other purpose",
        "altered",
    ],
)
def test_that_is_not_ours_opens_nothing(world: World, kind: str) -> None:
    page = world.open(world.order())
    world.sent(page)
    reference = world.row("payment_requests")["reference"]
    tokens: dict[str, str | None] = {
        "none": None,
        "nonsense": "Bearer abc.def.ghi",
        "another scheme": f"Basic {page.token}",
        "empty": "Bearer ",
        "other key": f"Bearer {forged(page, world, key='another-key-of-thirty-two-characters')}",
        "other algorithm": f"Bearer {by_another_algorithm(page)}",
        "no algorithm": f"Bearer {by_no_algorithm(page)}",
        "no launch": f"Bearer {forged(page, world, launch_id='unheard-of')}",
        "other tenant": f"Bearer {forged(page, world, tenant_id='globex')}",
        "other purpose": f"Bearer {for_another_purpose(page)}",
        "altered": f"Bearer {page.token[:-6]}AAAAAA",
    }
    token = tokens[kind]
    headers = {} if token is None else {"Authorization": token}
    answers = list(calls_with(world, headers, page.order_id, reference))
    assert [answer.status_code for answer in answers] == [401] * 6
    assert len(world.core.sends) == 1


def test_that_is_over_opens_nothing(world: World, clock: Clock) -> None:
    page = world.open(world.order())
    world.sent(page)
    reference = world.row("payment_requests")["reference"]
    clock.pass_by(minutes=14, seconds=59)
    world.look(page)
    clock.pass_by(minutes=2)
    answers = list(calls_with(world, page.headers, page.order_id, reference))
    assert [answer.status_code for answer in answers] == [401] * 6
    assert {answer.json["error"]["code"] for answer in answers} == {"launch_expired"}


def test_that_was_ended_asks_for_a_reload_and_does_not_say_that_it_was_open_too_long(world: World) -> None:
    page = world.open(world.order())
    world.org.seen_by[THANDI.token].clear()
    assert world.send(page).json["error"]["code"] == "no_access"
    for answer in (world.client.get(f"/api/orders/{page.order_id}", headers=page.headers), renew(world, page)):
        assert (answer.status_code, answer.json["error"]["code"]) == (401, "launch_expired")
        assert answer.json["error"]["sentence"]["id"] == "reload_tab"


@pytest.mark.parametrize("grace", [timedelta(), GRACE], ids=["to work with", "to be renewed"])
def test_is_over_at_the_moment_of_its_end(world: World, grace: timedelta) -> None:
    page, keys = world.open(world.order()), [Secret(LAUNCH_KEY)]
    ends_at = read(page.token, keys=keys, now=world.clock()).expires_at + grace
    assert read(page.token, keys=keys, now=ends_at - timedelta(microseconds=1), grace=grace).order_id == page.order_id
    with pytest.raises(Unauthenticated):
        read(page.token, keys=keys, now=ends_at, grace=grace)


def test_opens_what_its_agent_opened_and_not_what_a_colleague_did(world: World) -> None:
    page = world.open(world.order(THANDI))
    foreign = world.open(world.order(SIPHO), SIPHO)
    assert world.client.get(f"/api/orders/{foreign.order_id}", headers=page.headers).status_code == 404


def test_is_renewed_while_it_is_valid(world: World, clock: Clock) -> None:
    page = world.open(world.order())
    clock.pass_by(minutes=10)
    answer = renew(world, page)
    assert answer.status_code == 200
    assert answer.json["expires_at"] == "2026-11-21T11:07:07.000Z"
    clock.pass_by(minutes=14)
    assert world.look(page)["order_id"] == page.order_id


@pytest.mark.parametrize(("seconds", "status"), [(0, 200), (59, 200), (60, 401), (3600, 401)])
def test_is_renewed_for_less_than_a_minute_after_its_end(world: World, clock: Clock, seconds: int, status: int) -> None:
    page = world.open(world.order())
    clock.pass_by(minutes=15, seconds=seconds)
    assert renew(world, page).status_code == status


def test_is_renewed_for_twelve_hours_at_most(world: World, clock: Clock) -> None:
    page = world.open(world.order())
    for _ in range(12 * 4 - 1):
        clock.pass_by(minutes=15)
        assert renew(world, page).status_code == 200
    clock.pass_by(minutes=15)
    answer = renew(world, page)
    assert (answer.status_code, answer.json["error"]["code"]) == (401, "launch_expired")


def test_is_renewed_without_asking_salesforce_within_fifteen_minutes(world: World, clock: Clock) -> None:
    page = world.open(world.order())
    clock.pass_by(minutes=10)
    renew(world, page)
    assert len(world.org.queries) == 1
    clock.pass_by(minutes=6)
    renew(world, page)
    assert [token for token, _ in world.org.queries] == [THANDI.token] * 2


def test_is_not_renewed_once_the_agent_lost_access(world: World, clock: Clock) -> None:
    page = world.open(world.order())
    world.org.seen_by[THANDI.token].clear()
    clock.pass_by(minutes=10)
    assert renew(world, page).status_code == 200
    clock.pass_by(minutes=6)
    assert renew(world, page).status_code == 401


def test_is_renewed_by_asking_for_access_when_the_agents_session_is_over(world: World, clock: Clock) -> None:
    page = world.open(world.order())
    world.org.sessions_over.add(THANDI.token)
    clock.pass_by(minutes=15)
    assert renew(world, page).status_code == 200
    world.org.seen_by[THANDI.token].clear()
    clock.pass_by(minutes=14)
    assert renew(world, page).status_code == 200
    clock.pass_by(minutes=2)
    assert renew(world, page).status_code == 401


def test_is_renewed_while_salesforce_cannot_be_asked(world: World, clock: Clock) -> None:
    page = world.open(world.order())
    world.org.down = True
    clock.pass_by(minutes=15)
    assert renew(world, page).status_code == 200


def test_is_not_renewed_for_a_disabled_tenant(world: World, clock: Clock) -> None:
    page = world.open(world.order())
    world.disable()
    assert renew(world, page).status_code == 401


def test_goes_on_when_the_signing_key_is_rotated(world: World, clock: Clock) -> None:
    page = world.open(world.order())
    world.restart(launch_keys=(Secret("n" * 40), Secret(LAUNCH_KEY)))
    assert world.look(page)["order_id"] == page.order_id
    assert renew(world, page).status_code == 200
    assert world.look(page)["order_id"] == page.order_id


def test_a_sweep_ends_no_page_before_its_time_and_forgets_its_agents_token_after_it(world: World, clock: Clock) -> None:
    page = world.open(world.order())
    world.sweep()
    assert renew(world, page).status_code == 200
    clock.pass_by(hours=12, seconds=1)
    world.sweep()
    assert world.row("launches")["agent_token"] is None


def test_an_agents_own_token_is_deleted_after_its_time_and_once(world: World, page: Page) -> None:
    launches, forget_at = world.services.store.launches, world.row("launches")["forget_at"]
    assert launches.forget_tokens(now=forget_at) == 0
    assert [launches.forget_tokens(now=forget_at + timedelta(seconds=1)) for _ in range(2)] == [1, 0]
    assert world.row("launches")["agent_token"] is None
