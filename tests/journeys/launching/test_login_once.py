"""One token for all: threads and processes that need one make one login, and a login that fails is not repeated at once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from connector import metrics
from connector.domain.health.finding import Finding, Level
from connector.domain.tenants.token import (
    BeingObtained,
    LoginFailure,
    LoginPaused,
    MayLogIn,
    StoredToken,
    TokenClaim,
    pause_after,
)
from connector.errors import ErrorCode, OrgSessionExpired, SalesforceRefused, SalesforceUnavailable, TenantProblem
from connector.salesforce.auth import token_provider
from connector.salesforce.auth.token_provider import TokenProvider
from connector.store.health import findings
from connector.store.tenants.tokens import TokenStore
from foundation.database.database import Database
from foundation.database.unit_of_work import Transactions
from foundation.http.session import PeerSession
from foundation.secret import Secret
from tests.factories import THANDI
from tests.journeys.world import World

LEASE = timedelta(seconds=20)
ELSEWHERE = "00Dyy0000002hFiEAI"


@pytest.fixture
def fleet(world: World) -> Iterator[list[TokenProvider]]:
    """What four processes on the same database would hold: nothing in common but the rows."""
    vault = world.services.store.vault
    databases = [Database(world.database_url) for _ in range(4)]
    sessions = [PeerSession(peer="salesforce", total_timeout=2) for _ in databases]
    yield [
        TokenProvider(session=session, store=TokenStore(Transactions(database, vault)), now=world.clock)
        for session, database in zip(sessions, databases, strict=True)
    ]
    for database in databases:
        database.close()


def failures(reason: str) -> int:
    return int(metrics.registry.counts(metrics.LOGIN_FAILURES).get(("acme", reason), 0))


def test_many_threads_of_many_processes_make_one_login(world: World, fleet: list[TokenProvider]) -> None:
    tenant = world.tenant()
    with ThreadPoolExecutor(16) as callers:
        tokens = set(callers.map(lambda turn: fleet[turn % 4].token(tenant).value, range(32)))
    assert tokens == {"integration-1"}
    assert world.org.logins == 1


def test_a_token_refused_everywhere_at_once_is_replaced_once(world: World, fleet: list[TokenProvider]) -> None:
    tenant = world.tenant()
    old = [one.token(tenant) for one in fleet]
    with ThreadPoolExecutor(16) as callers:
        fresh = set(callers.map(lambda turn: fleet[turn % 4].token(tenant, refused=old[0]).value, range(32)))
    assert fresh == {"integration-2"}
    assert world.org.logins == 2


def test_a_restarted_process_goes_on_with_the_kept_token(world: World) -> None:
    world.sent(world.open(world.order()))
    world.settle()
    logins = world.org.logins
    world.restart()
    world.sent(world.open(world.order()))
    world.settle()
    assert world.org.logins == logins


def test_a_holder_that_dies_blocks_the_others_no_longer_than_its_lease(world: World) -> None:
    store = world.services.store.tokens
    first = store.claim("acme", refused=None, now=world.clock(), lease=LEASE)
    assert isinstance(first, MayLogIn)
    assert store.claim("acme", refused=None, now=world.clock(), lease=LEASE) == BeingObtained()
    world.clock.pass_by(seconds=21)
    second = store.claim("acme", refused=None, now=world.clock(), lease=LEASE)
    assert isinstance(second, MayLogIn)
    # The first was only slow: its token comes too late to take the place of the second one's.
    assert store.keep("acme", Secret("late"), now=world.clock(), lease=first.lease) is False
    assert store.keep("acme", Secret("fresh"), now=world.clock(), lease=second.lease) is True
    assert store.claim("acme", refused=None, now=world.clock(), lease=LEASE) == StoredToken(Secret("fresh"))


def test_a_lease_outlasts_the_longest_login(world: World) -> None:
    """Else a second process would log in while the first one's answer is on its way."""
    store = world.services.store
    leases: list[timedelta] = []

    class Watched(TokenStore):
        def claim(self, tenant_id: str, *, refused: Secret | None, now: datetime, lease: timedelta) -> TokenClaim:
            leases.append(lease)
            return super().claim(tenant_id, refused=refused, now=now, lease=lease)

    session = PeerSession(peer="salesforce", total_timeout=15)
    tokens = TokenProvider(session=session, store=Watched(Transactions(store.database, store.vault)), now=world.clock)
    tokens.token(world.tenant())
    assert leases == [timedelta(seconds=20)]


def test_a_token_that_a_person_brought_begins_the_pauses_anew(world: World) -> None:
    store, shortest = world.services.store.tokens, pause_after(LoginFailure.TOKENS_REFUSED, 0)
    for token in (Secret("first"), Secret("second")):
        assert store.keep("acme", token, now=world.clock()) is True
        store.distrust("acme", token, now=world.clock())
        until = world.clock() + shortest
        paused = store.claim("acme", refused=token, now=world.clock(), lease=LEASE)
        assert paused == LoginPaused(LoginFailure.TOKENS_REFUSED, until)


def test_a_token_that_a_person_brought_ends_the_pause_before_it(world: World) -> None:
    store, now = world.services.store.tokens, world.clock()
    first = store.claim("acme", refused=None, now=now, lease=LEASE)
    assert isinstance(first, MayLogIn)
    store.fail("acme", LoginFailure.REFUSED, lease=first.lease, finding=None, now=now)
    assert isinstance(store.claim("acme", refused=None, now=now, lease=LEASE), LoginPaused)
    brought = Secret("brought")
    store.keep("acme", brought, now=now)
    assert store.claim("acme", refused=None, now=now, lease=LEASE) == StoredToken(brought)
    assert isinstance(store.claim("acme", refused=brought, now=now, lease=LEASE), MayLogIn), "it is refused, too"


def test_a_login_that_opens_the_right_org_says_nothing_about_the_orgs_that_call_us(world: World) -> None:
    copied = Finding(findings.CLONED_ORG, Level.WRONG, "It is a copy.", "Change it.", "It calls.", subject="login")
    with world.services.store.write() as work:
        for subject in ("login", ELSEWHERE):
            findings.add_finding(work, "acme", replace(copied, subject=subject), now=world.clock())
    world.services.store.tokens.keep("acme", Secret("token"), now=world.clock())
    assert [row["subject"] for row in world.rows("findings")] == [ELSEWHERE]


def test_a_pause_and_a_lease_end_at_their_time(world: World) -> None:
    store, now = world.services.store.tokens, world.clock()
    first = store.claim("acme", refused=None, now=now, lease=LEASE)
    assert isinstance(first, MayLogIn)
    second = store.claim("acme", refused=None, now=now + LEASE, lease=LEASE)
    assert isinstance(second, MayLogIn)
    store.fail("acme", LoginFailure.TOKENS_REFUSED, lease=first.lease, finding=None, now=now)
    assert store.claim("acme", refused=None, now=now, lease=LEASE) == BeingObtained(), "that lease has passed on"
    store.fail("acme", LoginFailure.TOKENS_REFUSED, lease=second.lease, finding=None, now=now)
    until = now + pause_after(LoginFailure.TOKENS_REFUSED, 0)
    just_before = until - timedelta(seconds=1)
    assert isinstance(store.claim("acme", refused=None, now=just_before, lease=LEASE), LoginPaused)
    assert isinstance(store.claim("acme", refused=None, now=until, lease=LEASE), MayLogIn)


def test_another_token_than_the_kept_one_is_distrusted_in_vain(world: World) -> None:
    store, kept = world.services.store.tokens, Secret("kept")
    store.distrust("acme", kept, now=world.clock())
    store.keep("acme", kept, now=world.clock())
    store.distrust("acme", Secret("an older one"), now=world.clock())
    assert store.claim("acme", refused=None, now=world.clock(), lease=LEASE) == StoredToken(kept)


def test_a_login_that_took_too_long_replaces_nobodys_token(world: World, fleet: list[TokenProvider]) -> None:
    tenant, store = world.tenant(), world.services.store

    class Slow(TokenStore):
        def keep(self, tenant_id: str, token: Secret, *, now: datetime, lease: str | None = None) -> bool:
            world.clock.pass_by(minutes=1)
            assert fleet[0].token(tenant).value == "integration-2"
            return super().keep(tenant_id, token, now=now, lease=lease)

    session = PeerSession(peer="salesforce", total_timeout=2)
    TokenProvider(session=session, store=Slow(Transactions(store.database, store.vault)), now=world.clock).token(tenant)
    assert fleet[1].token(tenant).value == "integration-2"


def test_who_waits_too_long_for_the_login_of_another_tries_later(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread that waited on would be missing for other tenants."""
    store = world.services.store

    class Busy(TokenStore):
        claims = 0

        def claim(self, tenant_id: str, *, refused: Secret | None, now: datetime, lease: timedelta) -> TokenClaim:
            self.claims += 1
            return BeingObtained() if self.claims < 3 else StoredToken(Secret("late"))

    monkeypatch.setattr(token_provider, "_WAIT_SECONDS", 0.0)
    session = PeerSession(peer="salesforce", total_timeout=2)
    busy = TokenProvider(session=session, store=Busy(Transactions(store.database, store.vault)), now=world.clock)
    with pytest.raises(SalesforceUnavailable) as later:
        busy.token(world.tenant())
    assert later.value.reason_or_code == "LOGIN_UNDER_WAY"


def test_a_refused_login_is_remembered_by_all_told_to_the_admin_and_tried_again_later(
    world: World, fleet: list[TokenProvider]
) -> None:
    tenant, refused, spared = world.tenant(), failures("refused"), failures("spared")
    world.org.login_refused = "invalid_grant"
    for one in fleet * 5:
        with pytest.raises(SalesforceRefused):
            one.token(tenant)
    assert world.org.logins == 1
    assert (failures("refused") - refused, failures("spared") - spared) == (1, 19)
    assert [one["check"] for one in world.rows("findings")] == [findings.LOGIN_REFUSED]
    world.org.login_refused = None
    world.clock.pass_by(seconds=6)
    assert fleet[1].token(tenant).value == "integration-2"
    assert fleet[0].token(tenant).value == "integration-2"
    assert world.rows("findings") == []


def test_a_login_that_stays_refused_is_tried_once_a_minute_at_most(world: World, fleet: list[TokenProvider]) -> None:
    tenant = world.tenant()
    world.org.login_refused = "invalid_grant"
    for _ in range(600):
        with pytest.raises(SalesforceRefused):
            fleet[0].token(tenant)
        world.clock.pass_by(seconds=1)
    assert world.org.logins <= 15


def test_a_login_that_is_refused_after_a_good_one_is_tried_again_as_soon_as_the_first_ever(
    world: World, fleet: list[TokenProvider]
) -> None:
    tenant = world.tenant()
    world.org.login_refused = "invalid_grant"
    for _ in range(6):
        with pytest.raises(SalesforceRefused):
            fleet[0].token(tenant)
        world.clock.pass_by(minutes=2)
    world.org.login_refused = None
    good = fleet[0].token(tenant)
    world.org.login_refused = "invalid_grant"
    with pytest.raises(SalesforceRefused):
        fleet[0].token(tenant, refused=good)
    logins = world.org.logins
    world.org.login_refused = None
    world.clock.pass_by(seconds=6)
    assert fleet[0].token(tenant).value == f"integration-{logins + 1}"


def test_a_token_that_was_refused_is_used_by_nobody_though_no_other_is_to_be_had(
    world: World, fleet: list[TokenProvider]
) -> None:
    tenant, one = world.tenant(), fleet[0]
    old = one.token(tenant)
    world.org.login_refused = "invalid_grant"
    with pytest.raises(SalesforceRefused):
        one.token(tenant, refused=old)
    with pytest.raises(SalesforceRefused):
        one.token(tenant)
    world.org.login_refused = None
    world.clock.pass_by(seconds=6)
    fresh = one.token(tenant)
    one.distrust(tenant, fresh)
    with pytest.raises(SalesforceUnavailable) as paused:
        one.token(tenant)
    assert paused.value.reason_or_code == "TOKENS_REFUSED"


def test_a_login_without_an_answer_is_tried_again_within_seconds(world: World, fleet: list[TokenProvider]) -> None:
    tenant = world.tenant()
    world.org.down = True
    for one in fleet:
        with pytest.raises(SalesforceUnavailable):
            one.token(tenant)
    world.org.down = False
    world.clock.pass_by(seconds=2)
    assert fleet[0].token(tenant).value == "integration-1"
    assert world.rows("findings") == []


def test_tokens_that_are_refused_at_once_do_not_become_a_storm_of_logins(world: World) -> None:
    tenant, salesforce, order_id = world.tenant(), world.services.salesforce, world.order()
    world.org.sessions_over = {f"integration-{serial}" for serial in range(1, 100)}
    for _ in range(20):
        with pytest.raises((OrgSessionExpired, SalesforceUnavailable)):
            salesforce.may_edit(tenant, user_id=THANDI.user_id, order_id=order_id)
    assert world.org.logins == 2
    assert world.org.calls == 4, "each login, each token once: what was refused is not sent again"


def test_nothing_is_sent_with_a_token_of_another_org(world: World, lines: list[dict[str, object]]) -> None:
    link = world.sent(world.open(world.order()))
    with world.services.store.database.write() as connection:
        connection.exec_driver_sql("DELETE FROM tokens")
    world.restart()
    world.org.org_id = ELSEWHERE
    calls, writes = world.org.calls, len(world.org.writes)
    world.told(link, "PAYMENT_LINK_CLICKED")
    world.settle()
    assert len(world.org.writes) == writes
    assert world.org.calls == calls + 1  # the login, and nothing after it
    (finding,) = world.rows("findings")
    assert (finding["check"], finding["level"]) == (findings.CLONED_ORG, "wrong")
    assert ELSEWHERE in finding["wrong"]
    assert [line["found"] for line in lines if line["event"] == "salesforce_wrong_org"] == [ELSEWHERE]
    with pytest.raises(TenantProblem) as problem:
        world.services.salesforce.may_edit(world.tenant(), user_id=THANDI.user_id, order_id=world.order())
    assert problem.value.code is ErrorCode.WRONG_ORG
    assert world.org.calls == calls + 1
