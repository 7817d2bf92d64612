"""Give up older digest keys without a pause: every number that is stored gets its digests anew, by the first key."""

from __future__ import annotations

from dataclasses import dataclass

from payment_core.services import Core
from payment_core.store import phone_key
from payment_core.store.messages import rekeying


@dataclass(frozen=True)
class Rekeyed:
    """How many numbers were written anew, and what is left under an older key (STOPs and cards of unknown numbers)."""

    numbers: int
    left: dict[str, int]

    @property
    def is_whole(self) -> bool:
        """Whether older keys can be given up without forgetting a STOP or a card."""
        return not any(self.left.values())


def rekey_numbers(core: Core) -> Rekeyed:
    """Write what older keys made by the first one; it may be broken off and run again, and nobody waits for it long."""
    mark, done = phone_key.mark_of(core), set[tuple[str, str]]()
    moved = 0
    for page in rekeying.pages(lambda place, after: _page(core, place, after)):
        for _, merchant_id, number in page:
            # An erased row has no number: nothing is looked up by it any more.
            if not number or (merchant_id, number) in done:
                continue
            done.add((merchant_id, number))
            key = phone_key.of(core, merchant_id, number)
            with core.transactions.write() as work:
                rekeying.move(work, merchant_id, key, mark=mark)
            moved += 1
    with core.transactions.read() as work:
        return Rekeyed(moved, rekeying.left(work, mark=mark))


def _page(core: Core, place: int, after: str) -> list[tuple[str, str, str]]:
    with core.transactions.read() as work:
        return rekeying.numbers(work, place, after)
