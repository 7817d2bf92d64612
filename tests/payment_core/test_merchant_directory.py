"""A merchant is cached for a second, and never longer than until a change in the same process."""

from __future__ import annotations

from dataclasses import replace

from payment_core.domain.merchant import MerchantSecrets
from payment_core.journeys.configuring.change_keys import revoke_key
from payment_core.merchant_directory import MerchantDirectory
from payment_core.services import Adapters, Core, build_core
from payment_core.settings import Settings
from payment_core.store import api_keys, merchants
from tests.payment_core.conftest import MERCHANT


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


def test_a_key_that_is_revoked_elsewhere_stops_within_a_second(core: Core, core_settings: Settings) -> None:
    seconds, other = Seconds(), build_core(core_settings, Adapters())
    directory = MerchantDirectory(core.transactions, clock=seconds)
    with core.transactions.write() as work:
        key, text = api_keys.add(work, MERCHANT.merchant_id, "shop", now=core.now())
    assert directory.by_key(text.value) == MERCHANT
    revoke_key(other, MERCHANT, key.key_id, by="test")
    seconds.now += 1.01
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
