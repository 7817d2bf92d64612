"""The words of the vendor's package beside ours: an update that adds one fails here, and not in front of a customer."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
import stripe
from stripe.params.checkout import SessionCreateParams

from payment_core.domain.payment import PaymentState
from payment_core.gateways.stripe.amounts import AmountNotCarried, UnknownCurrency, amount_of, check_total, units_of
from payment_core.gateways.stripe.bodies import LOCALES
from payment_core.gateways.stripe.calls import VERSION
from payment_core.gateways.stripe.disputes import ENDS
from payment_core.gateways.stripe.payments import STATES, of_charge, of_intent
from sandbox.stripe.events import API_VERSION
from tests.payment_core.conftest import MERCHANT


def words_of(hint: object) -> set[str]:
    """Return the literal words of a type."""
    return set(re.findall(r"""["']([A-Za-z0-9_-]+)["']""", str(hint)))


def intent(**changes: object) -> dict[str, object]:
    return {
        "id": "pi_1",
        "amount": 15000,
        "currency": "zar",
        "status": "succeeded",
        "amount_received": 15000,
        **changes,
    }


def test_the_version_is_the_one_that_the_vendors_package_is_written_for() -> None:
    assert stripe.api_version == VERSION == API_VERSION


def test_each_status_of_an_intent_has_a_state() -> None:
    vendors = words_of(stripe.PaymentIntent.__annotations__["status"])
    assert vendors == set(STATES)


def test_each_reason_of_a_cancellation_is_known() -> None:
    vendors = words_of(stripe.PaymentIntent.__annotations__["cancellation_reason"])
    assert vendors == {
        "abandoned", "automatic", "duplicate", "expired", "failed_invoice", "fraudulent", "requested_by_customer", "void_invoice",
    }  # fmt: skip
    released = {"latest_charge": {"id": "ch_1", "status": "succeeded"}, "amount_received": 0, "status": "canceled"}
    for reason in vendors:
        assert of_intent(intent(cancellation_reason=reason, **released), MERCHANT).state is PaymentState.REVERSED


def test_each_status_of_a_dispute_is_known() -> None:
    assert words_of(stripe.Dispute.__annotations__["status"]) == set(ENDS)


def test_each_state_of_a_session_and_each_reason_of_a_review_is_known() -> None:
    assert words_of(stripe.checkout.Session.__annotations__["status"]) == {"complete", "expired", "open"}
    assert words_of(stripe.Review.__annotations__["closed_reason"]) == {
        "acknowledged", "approved", "canceled", "disputed", "payment_never_settled", "redacted", "refunded", "refunded_as_fraud",
    }  # fmt: skip


def test_the_languages_of_the_page_are_the_vendors() -> None:
    assert words_of(SessionCreateParams.__annotations__["locale"]) - {"auto"} == LOCALES


@pytest.mark.parametrize("code", sorted(words_of(stripe.PaymentIntent.LastPaymentError.__annotations__["code"])))
def test_each_error_of_a_card_is_a_decline_or_asks_for_the_customer(code: str) -> None:
    failed = intent(
        status="requires_payment_method", amount_received=0, last_payment_error={"code": code, "type": "card_error"}
    )
    payment = of_charge(failed, MERCHANT)
    needs = code == "authentication_required"
    assert payment.state is (PaymentState.NEEDS_CUSTOMER if needs else PaymentState.DECLINED)
    assert (payment.decline_code, payment.captured) == (code, Decimal(0))


def test_a_status_that_nobody_knows_yet_is_looked_at_again() -> None:
    assert of_intent(intent(status="requires_magic", amount_received=0), MERCHANT).state is PaymentState.UNDER_WAY


@pytest.mark.parametrize(
    ("amount", "currency", "units"),
    [
        ("150.00", "ZAR", 15000), ("0.50", "USD", 50), ("1000", "JPY", 1000), ("1000", "ISK", 100000), ("2500", "UGX", 250000),
        ("700.00", "MGA", 700), ("12.340", "KWD", 12340), ("1.500", "BHD", 1500), ("5", "XAF", 5), ("9.99", "HUF", 999),
        ("10", "TWD", 1000), ("999999.99", "USD", 99999999),
    ],
)  # fmt: skip
def test_amounts_are_counted_as_the_vendor_counts_them(amount: str, currency: str, units: int) -> None:
    assert units_of(Decimal(amount), currency) == units
    assert amount_of(units, currency, digits=MERCHANT.digits_of(currency)) == Decimal(amount)


@pytest.mark.parametrize(
    ("amount", "currency"),
    [("12.345", "KWD"), ("10.50", "ISK"), ("1.5", "JPY"), ("0.5", "UGX"), ("1.005", "ZAR"), ("1000000.00", "USD")],
)
def test_amounts_that_a_currency_cannot_carry_are_refused(amount: str, currency: str) -> None:
    with pytest.raises(AmountNotCarried):
        units_of(Decimal(amount), currency)


@pytest.mark.parametrize("currency", ["XXX", "LTL", "BTC", "zar", ""])
def test_a_currency_that_nobody_listed_is_refused(currency: str) -> None:
    with pytest.raises(UnknownCurrency):
        units_of(Decimal("1"), currency)


def test_less_than_the_vendor_takes_is_refused() -> None:
    with pytest.raises(AmountNotCarried):
        check_total(Decimal("0.49"), "USD")
    check_total(Decimal("0.50"), "USD")


def test_what_a_partial_capture_releases_is_no_refund() -> None:
    refunds: dict[str, object] = {"data": [], "has_more": False}
    charge = {"id": "ch_1", "status": "succeeded", "amount_refunded": 5000, "refunds": refunds}
    taken = of_intent(intent(amount_received=10000, latest_charge=charge), MERCHANT)
    assert (taken.state, taken.captured, taken.reversed) == (PaymentState.TAKEN, Decimal("100.00"), Decimal("0.00"))
    refunds["data"] = [{"amount": 2500, "status": "pending"}, {"amount": 100, "status": "failed"}]
    back = of_intent(intent(amount_received=10000, latest_charge=charge), MERCHANT)
    assert (back.reversed, back.refund_failed) == (Decimal("25.00"), True)


def test_a_fee_of_another_currency_is_not_read_as_ours() -> None:
    balance = {"fee": 100, "currency": "usd", "status": "available"}
    charge = {"id": "ch_1", "status": "succeeded", "balance_transaction": balance}
    payment = of_intent(intent(latest_charge=charge), MERCHANT)
    assert (payment.fee, payment.settled) == (None, True)
