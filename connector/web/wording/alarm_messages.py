"""Choose the sentences about payments of an order that need a person, and about goods that must wait."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from connector.domain.payments.alarms import attention_fact, attention_word, needs_look
from connector.domain.payments.news import Bell, bell_key
from connector.domain.payments.payment import PaymentRequest
from connector.domain.payments.status import Money
from connector.web.wording.messages import amounts_of
from connector.web.wording.sentences import Sentence


def alarm_sentences(requests: Sequence[PaymentRequest], supervisors_know: Collection[str]) -> list[Sentence]:
    """Return the sentences about an order's payments, those that need a person first; each alarm says its own cause."""
    urgent_first = sorted(requests, key=lambda one: not needs_look(one))
    return [sentence for one in urgent_first for sentence in _of_request(one, supervisors_know)]


def _of_request(request: PaymentRequest, supervisors_know: Collection[str]) -> Iterator[Sentence]:
    names = {"order_number": request.order_number, "reference": request.reference}
    values = names | amounts_of(request, amount=request.captured or request.authorized or request.amount)
    word = attention_word(request)
    if word is not None:
        yield Sentence(f"attention_{word}", values)
    if needs_look(request) and bell_key(Bell.ATTENTION, request.reference, attention_fact(request)) in supervisors_know:
        yield Sentence("supervisor_told")
    # Money in review says so itself.
    if request.do_not_ship and request.states.money is not Money.IN_REVIEW:
        yield Sentence("do_not_ship", values)
