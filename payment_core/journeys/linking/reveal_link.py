"""Give a merchant's own people the address of a link, to be read to the customer; only while it can be paid."""

from __future__ import annotations

from foundation.log import get_logger
from payment_core.domain.merchant import Merchant
from payment_core.errors import Refusal
from payment_core.journeys.linking.expire_links import end_overdue
from payment_core.services import Core
from payment_core.store.links import links

log = get_logger()


def reveal_link(core: Core, merchant: Merchant, reference: str) -> str:
    """Return the address of a link's page; the log names the link, never its address.

    Raises:
        Refusal: 404 where there is none, 409 where it cannot be paid any more.
    """
    end_overdue(core, reference)
    with core.transactions.read() as work:
        link = links.find(work, reference)
        if link is None or link.merchant_id != merchant.merchant_id:
            raise Refusal(404, "TRANSACTION_NOT_FOUND", "No transaction has this paymentLinkRef.")
        if not link.payable:
            word = core.api.refusal("reveal_payment_link", "over")
            raise Refusal(409, word, "The payment link can no longer be paid.")
        token = links.token_of(work, link)
    log.info("link_address_shown", merchant=merchant.merchant_id, reference=reference)
    return f"{core.public_url}/pay/{token}"
