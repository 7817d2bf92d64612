"""Which sentence says what became of a replacement: of one that came too late, what the customer did meanwhile."""

from __future__ import annotations

from connector.domain.payments.message_delivery import is_only_previewed
from connector.domain.payments.payment import PaymentRequest
from connector.domain.payments.status import Status
from connector.journeys.amending.replace_payment_request import Replaced, ReplaceOutcome
from connector.web.wording.messages import amounts_of, can_still_pay
from connector.web.wording.sentences import Sentence

# Where the customer was faster with the money: each has its sentence.
MONEY = frozenset({Status.PAID, Status.PART_PAID, Status.AUTHORIZED, Status.IN_REVIEW, Status.REVERSED})


def replace_answer(replaced: Replaced, old: PaymentRequest) -> Sentence:
    """Return the sentence for the actual outcome of a replacement."""
    is_new = replaced.request.reference != old.reference
    if is_new and replaced.outcome is ReplaceOutcome.UNKNOWN:
        return Sentence("replace_new_unknown")
    if replaced.outcome is ReplaceOutcome.NOT_DEAD:
        return _lost(replaced)
    return Sentence(f"replace_{replaced.outcome.value}")


def _lost(replaced: Replaced) -> Sentence:
    request = replaced.request
    amounts = amounts_of(request, amount=request.amount, paid=request.paid, held=request.held)
    if request.status in MONEY:
        return Sentence(f"replace_{request.status.value}", {**amounts, "at": request.paid_at or request.finished_at})
    if is_only_previewed(request):
        return Sentence("replace_previewed", {"until": request.pay_by})
    if replaced.being_paid or request.status is Status.OPENED or can_still_pay(request):
        return Sentence("replace_paying", amounts)
    return Sentence("replace_not_dead")
