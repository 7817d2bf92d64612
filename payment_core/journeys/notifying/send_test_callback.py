"""Send a test callback to each address of an application, at once and outside the queue."""

from __future__ import annotations

from dataclasses import dataclass
from secrets import token_hex

from foundation.exact_json import write_json
from payment_core.domain.application import Application
from payment_core.domain.enums import NotificationKind
from payment_core.domain.merchant import Merchant
from payment_core.journeys.notifying.notification_bodies import settings_body
from payment_core.services import Core
from payment_core.store import changes
from payment_core.store.deliveries.deliveries import Answer, Delivery

_EVENT = "TEST"


@dataclass(frozen=True)
class TestAnswer:
    """What one address answered."""

    __test__ = False  # no test of pytest's

    kind: NotificationKind
    url: str
    answer: Answer


def send_test_callback(core: Core, merchant: Merchant, application: Application, *, by: str) -> list[TestAnswer]:
    """Post news of settings that says TEST to every address that is set, with the application's proof, and return the answers.

    It names no payment, so that a receiver which takes it for real has nothing to change.
    """
    now = core.now()
    body = write_json(core.api.notification(settings_body(merchant, _EVENT, None, now=now)))
    answers = []
    for kind in NotificationKind:
        if not application.url_for(kind):
            continue
        test = Delivery(
            delivery_id=0,
            merchant_id=merchant.merchant_id,
            application_id=application.application_id,
            lane="",
            reference=None,
            kind=kind,
            event=_EVENT,
            message_id=f"msg_{token_hex(12)}",
            body=body,
            attempts=0,
            queued_at=now,
        )
        answers.append(TestAnswer(kind, application.url_for(kind), core.courier.post(application, test, at=now)))
    # After the calls: no transaction is open while a receiver answers.
    with core.transactions.write() as work:
        changes.record_change(
            work, merchant.merchant_id, by=by, what="test callback sent", detail=application.name, now=now
        )
    return answers
