"""A merchant is cached for a second, and never longer than until a change in the same process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from foundation.database.unit_of_work import UnitOfWork
from payment_core import merchant_directory
from payment_core.domain.application import Application
from payment_core.domain.enums import ApplicationStatus, LinkStatus
from payment_core.domain.merchant import Merchant, MerchantSecrets
from payment_core.errors import Refusal
from payment_core.journeys.configuring.change_application import set_status
from payment_core.journeys.configuring.change_keys import revoke_key
from payment_core.journeys.linking.create_link import create_link
from payment_core.merchant_directory import MerchantDirectory
from payment_core.services import Adapters, Core, build_core
from payment_core.settings import Settings
from payment_core.store import api_keys, applications, merchants
from tests.payment_core.conftest import APPLICATION, MERCHANT, order_for


class Seconds:
    """A monotonic clock that a test moves."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_key_that_is_revoked_here_stops_at_once(core: Core) -> None:
    with core.transactions.write() as work:
        key, text = api_keys.add(work, MERCHANT.merchant_id, "shop", now=core.now())
    assert core.merchants.by_key(text.value) == MERCHANT
    revoke_key(core, MERCHANT, key.key_id, by="test")
    assert core.merchants.by_key(text.value) is None


def test_a_key_that_is_revoked_while_it_is_read_is_not_kept(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    with core.transactions.write() as work:
        key, text = api_keys.add(work, MERCHANT.merchant_id, "shop", now=core.now())
    read = api_keys.merchant_of

    def read_just_before(work: UnitOfWork, given: str) -> Merchant | None:
        found = read(work, given)
        revoke_key(core, MERCHANT, key.key_id, by="test")
        return found

    with monkeypatch.context() as patch:
        patch.setattr(api_keys, "merchant_of", read_just_before)
        assert core.merchants.by_key(text.value) == MERCHANT, "as it was when it was asked"
    assert core.merchants.by_key(text.value) is None


def test_a_key_that_is_revoked_elsewhere_stops_within_a_second(core: Core, core_settings: Settings) -> None:
    seconds, other = Seconds(), build_core(core_settings, Adapters())
    directory = MerchantDirectory(core.transactions, clock=seconds)
    with core.transactions.write() as work:
        key, text = api_keys.add(work, MERCHANT.merchant_id, "shop", now=core.now())
    assert directory.by_key(text.value) == MERCHANT
    revoke_key(other, MERCHANT, key.key_id, by="test")
    seconds.now += 1.0
    assert directory.by_key(text.value) is None
    other.transactions.database.close()


@pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
def test_what_is_kept_has_a_bound_and_is_read_again_beyond_it(
    core: Core, core_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merchant_directory, "_MOST", 3)
    directory, other = MerchantDirectory(core.transactions, clock=Seconds()), build_core(core_settings, Adapters())
    with core.transactions.write() as work:
        keys = [api_keys.add(work, MERCHANT.merchant_id, f"till {number}", now=core.now()) for number in range(4)]
    assert [directory.by_key(text.value) for _, text in keys[:3]] == [MERCHANT] * 3
    (first, text), (_, one_more) = keys[0], keys[3]
    revoke_key(other, MERCHANT, first.key_id, by="test")
    assert directory.by_key(text.value) == MERCHANT, "its second has not passed"
    assert directory.by_key(one_more.value) == MERCHANT
    assert directory.by_key(text.value) is None
    other.transactions.database.close()


def test_a_changed_merchant_is_read_again(core: Core) -> None:
    hook = MERCHANT.hook
    found = core.merchants.by_hook(hook)
    assert found is not None
    assert (found.merchant, found.secrets) == (MERCHANT, MerchantSecrets({}))
    with core.transactions.write() as work:
        merchants.save(work, replace(MERCHANT, name="Karoo"), now=core.now())
    changed = core.merchants.by_hook(hook)
    assert changed is not None
    assert changed.merchant.name == core.merchants.get(MERCHANT.merchant_id).name == "Karoo"
    assert core.merchants.by_hook("guessed") is None


def test_an_application_that_is_disabled_here_stops_at_once(core: Core) -> None:
    create_link(core, MERCHANT, order_for())
    set_status(core, MERCHANT, APPLICATION.application_id, ApplicationStatus.DEACTIVATED, by="test")
    with pytest.raises(Refusal, match="is disabled"):
        create_link(core, MERCHANT, order_for())


def test_an_application_that_is_changed_here_is_read_again(core: Core) -> None:
    named, changed = (MERCHANT.merchant_id, APPLICATION.application_id), replace(APPLICATION, name="Own shop")
    with core.transactions.read() as work:
        assert core.merchants.application(*named, inside=work) == APPLICATION
    with core.transactions.write() as work:
        applications.save(work, changed, now=core.now())
    with core.transactions.read() as work:
        assert core.merchants.application(*named, inside=work) == changed


def test_an_application_is_found_by_its_own_merchant_alone_also_while_it_is_kept(core: Core) -> None:
    directory = MerchantDirectory(core.transactions, clock=Seconds())
    with core.transactions.read() as work:
        assert directory.application(MERCHANT.merchant_id, APPLICATION.application_id, inside=work) == APPLICATION
        assert directory.application("mer_other", APPLICATION.application_id, inside=work) is None
        assert directory.application(MERCHANT.merchant_id, "another", inside=work) is None


def test_an_application_that_is_disabled_elsewhere_stops_within_a_second(core: Core, core_settings: Settings) -> None:
    seconds, other = Seconds(), build_core(core_settings, Adapters())
    directory = MerchantDirectory(core.transactions, clock=seconds)
    named = (MERCHANT.merchant_id, APPLICATION.application_id)
    with core.transactions.read() as work:
        assert directory.application(*named, inside=work) == APPLICATION
    set_status(other, MERCHANT, APPLICATION.application_id, ApplicationStatus.DELETED, by="test")
    seconds.now += 1.0
    with core.transactions.read() as work:
        assert directory.application(*named, inside=work) is None
    other.transactions.database.close()


def test_what_a_transaction_has_changed_counts_for_others_once_it_is_committed(core: Core) -> None:
    named = (MERCHANT.merchant_id, APPLICATION.application_id)

    def changes(work: UnitOfWork) -> Application | None:
        applications.set_status(work, *named, ApplicationStatus.DELETED)
        return core.merchants.application(*named, inside=work)

    def fails(work: UnitOfWork) -> None:
        assert changes(work) is None
        raise LookupError

    with pytest.raises(LookupError):
        core.transactions.grouped(fails)
    with core.transactions.read() as work:
        assert core.merchants.application(*named, inside=work) == APPLICATION


def test_a_transaction_that_needs_a_merchant_waits_for_no_second_connection(
    core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many transactions as there are connections would else wait for each other, until the database ends them."""

    def refuse() -> None:
        raise AssertionError("another connection")

    directory = MerchantDirectory(core.transactions)
    with core.transactions.write() as work:
        monkeypatch.setattr(core.transactions, "read", refuse)
        merchants.save(work, replace(MERCHANT, name="Karoo"), now=core.now())
        assert directory.get(MERCHANT.merchant_id, inside=work).name == "Karoo"
        with pytest.raises(AssertionError, match="another connection"):
            directory.get(MERCHANT.merchant_id)


def test_a_row_of_no_merchant_is_an_error_and_nobodys(core: Core) -> None:
    with pytest.raises(LookupError, match="no merchant mer_nobody"):
        core.merchants.get("mer_nobody")


def test_the_outcome_of_a_new_links_message_is_written_by_the_transactions_own_connection(
    core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    grouped, opened = core.transactions.grouped, []

    def watched(do: Callable[[UnitOfWork], Any]) -> Any:
        def inside(work: UnitOfWork) -> Any:
            with monkeypatch.context() as patch:
                patch.setattr(core.transactions, "read", lambda: opened.append("another connection"))
                return do(work)

        return grouped(inside)

    monkeypatch.setattr(core.transactions, "grouped", watched)
    assert create_link(core, MERCHANT, order_for()).link.status is LinkStatus.SENT
    assert opened == []
