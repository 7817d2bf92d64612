"""A merchant ends its own keys and nobody else's."""

from __future__ import annotations

from dataclasses import replace

import pytest

from payment_core.domain.merchant import Merchant, MerchantSecrets
from payment_core.errors import Refusal
from payment_core.journeys.configuring.change_keys import add_key, renew_key, revoke_key
from payment_core.services import Core
from payment_core.store import api_keys, merchants


def test_another_merchants_key_can_be_neither_revoked_nor_replaced(core: Core, merchant: Merchant) -> None:
    stranger = replace(merchant, merchant_id="mer_other", hook="hook_other")
    with core.transactions.write() as work:
        merchants.add(work, stranger, MerchantSecrets(), now=core.now())
    key_id, text = add_key(core, merchant, "shop", by="Thandi")
    with pytest.raises(Refusal) as refused:
        revoke_key(core, stranger, key_id, by="Naledi")
    assert (refused.value.status, refused.value.word) == (404, "KEY_NOT_FOUND")
    renew_key(core, stranger, by="Naledi")
    with core.transactions.read() as work:
        assert api_keys.merchant_of(work, text) == merchant
    revoke_key(core, merchant, key_id, by="Thandi")
    with core.transactions.read() as work:
        assert api_keys.merchant_of(work, text) is None
