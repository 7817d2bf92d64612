"""What Stripe is asked for: the lines, the words and the rules of a page and of a charge, as it reads them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from urllib.parse import parse_qsl

import pytest

from payment_core.domain.attempt import Attempt, AttemptKind, AttemptState
from payment_core.domain.enums import ThreeDSecure, TransactionType
from payment_core.domain.link import Link
from payment_core.domain.payment import CardToken, Payment, PaymentState
from payment_core.gateways.gateway import GatewayRefused, PagePlan, SavedCharge
from payment_core.gateways.stripe.bodies import asked_of, charge_body, page_body, return_of
from payment_core.journeys.examining.examine_gateway import examination_plan
from tests.payment_core.conftest import MERCHANT, NOW

PLAN = examination_plan(MERCHANT, now=NOW, public_url="https://pay.example")
LINK = replace(PLAN.link, total=Decimal("150.00"), sub_total=Decimal("150.00"), tax=Decimal("0.00"), currency="ZAR")


def page(link: Link = LINK, *, saves_card: bool = False) -> dict[str, str]:
    """Return the pairs of a page's body."""
    plan = PagePlan(link=link, attempt=PLAN.attempt, return_url="https://pay.example/pay/x", saves_card=saves_card)
    return dict(parse_qsl(page_body(plan, MERCHANT, now=NOW).decode()))


def charge(link: Link = LINK) -> bytes:
    """Return the body of the charge of a saved card."""
    kind, state = AttemptKind.SAVED_CARD, AttemptState.PREPARED
    attempt = Attempt("att_1", link.reference, link.merchant_id, kind, state, "key", NOW, None)
    return charge_body(SavedCharge(link=link, attempt=attempt, token=CardToken("cus_1", "pm_1")))


def test_a_page_is_paid_by_card_in_its_own_currency_and_names_us_everywhere() -> None:
    names = {"link": LINK.reference, "order": LINK.order_number, "attempt": PLAN.attempt.attempt_id}
    assert page() == {
        "mode": "payment", "ui_mode": "hosted_page", "allowed_payment_method_types[0]": "card",
        "line_items[0][quantity]": "1",
        "line_items[0][price_data][currency]": "zar",
        "line_items[0][price_data][unit_amount]": "15000",
        "line_items[0][price_data][product_data][name]": f"Order EXAMINATION ({MERCHANT.name})",
        "adaptive_pricing[enabled]": "false", "locale": "en", "client_reference_id": LINK.reference,
        **{f"metadata[{name}]": value for name, value in names.items()},
        **{f"payment_intent_data[metadata][{name}]": value for name, value in names.items()},
        "payment_intent_data[statement_descriptor_suffix]": "XAMINATION",
        "expires_at": str(int((NOW + timedelta(minutes=31)).timestamp())),
        "success_url": "https://pay.example/pay/x/return", "cancel_url": "https://pay.example/pay/x",
    }  # fmt: skip


def test_a_saved_card_is_charged_at_once_while_its_owner_is_away() -> None:
    assert dict(parse_qsl(charge().decode())) == {
        "amount": "15000", "currency": "zar", "customer": "cus_1", "payment_method": "pm_1",
        "allowed_payment_method_types[0]": "card", "off_session": "true", "confirm": "true",
        "metadata[link]": LINK.reference, "metadata[order]": LINK.order_number, "metadata[attempt]": "att_1",
        "expand[0]": "latest_charge.balance_transaction", "expand[1]": "latest_charge.refunds", "expand[2]": "review",
    }  # fmt: skip


@pytest.mark.parametrize("policy", list(ThreeDSecure))
def test_a_policy_of_3d_secure_is_said_where_it_is_not_stripes_own(policy: ThreeDSecure) -> None:
    plan = replace(PLAN, link=LINK)
    asked = dict(parse_qsl(page_body(plan, replace(MERCHANT, three_d_secure=policy), now=NOW).decode()))
    said = asked.get("payment_method_options[card][request_three_d_secure]")
    assert said == (None if policy is ThreeDSecure.AUTOMATIC else policy.value)


@pytest.mark.parametrize(
    ("sub_total", "tax", "lines"),
    [
        ("130.43", "19.57", [13043, 1957]),
        ("149.50", "0.50", [14950, 50]),
        ("0.50", "149.50", [50, 14950]),
        ("150.00", "0.00", [15000]),
        # Stripe shows no line of nothing: what is all tax is one line.
        ("0.00", "150.00", [15000]),
    ],
)
def test_a_page_lists_sub_total_and_tax_where_there_are_both_and_always_adds_up(
    sub_total: str, tax: str, lines: list[int]
) -> None:
    link = replace(LINK, sub_total=Decimal(sub_total), tax=Decimal(tax), order_number="00000100")
    asked = page(link)
    found = [asked[f"line_items[{place}][price_data][unit_amount]"] for place in range(len(lines))]
    assert found == [str(units) for units in lines]
    assert f"line_items[{len(lines)}][quantity]" not in asked
    names = [asked[f"line_items[{place}][price_data][product_data][name]"] for place in range(len(lines))]
    assert names == [f"Order 00000100 ({MERCHANT.name})", "Tax"][: len(lines)]
    assert asked_of(page_body(replace(PLAN, link=link), MERCHANT, now=NOW)).units == sum(lines) == 15000


@pytest.mark.parametrize(
    ("currency", "sub_total", "tax", "lines"),
    [
        ("KWD", "100.220", "15.030", [100220, 15030]),
        # Stripe takes no last digit of three, though the total has none.
        ("KWD", "100.217", "15.033", [115250]),
        ("ISK", "100.00", "15.00", [10000, 1500]),
        ("ISK", "99.50", "15.50", [11500]),
        ("JPY", "100", "15", [100, 15]),
    ],
)
def test_parts_that_stripe_cannot_carry_are_one_line_of_the_total_that_it_can(
    currency: str, sub_total: str, tax: str, lines: list[int]
) -> None:
    parts = Decimal(sub_total), Decimal(tax)
    asked = page(replace(LINK, currency=currency, total=sum(parts, Decimal(0)), sub_total=parts[0], tax=parts[1]))
    found = [asked.get(f"line_items[{place}][price_data][unit_amount]") for place in range(3)]
    assert [one for one in found if one is not None] == [str(units) for units in lines]


@pytest.mark.parametrize(
    ("order_number", "suffix"),
    [
        ("A-100/7", "A1007"),
        ("ORDER-0000000100", "O000000100"),
        ("00000100", "O00000100"),
        ("1234567890123", "O567890123"),
        ("ABCDEFGHIJKLM", "DEFGHIJKLM"),
        # A statement has no place for these: then the merchant's name alone is on it.
        ("№ é", None),
    ],
)
def test_a_cards_statement_names_the_order_in_ten_letters_and_digits_of_which_one_is_a_letter(
    order_number: str, suffix: str | None
) -> None:
    asked = page(replace(LINK, order_number=order_number))
    assert asked.get("payment_intent_data[statement_descriptor_suffix]") == suffix


@pytest.mark.parametrize(
    ("language", "locale"),
    [("en", "en"), ("en-GB", "en-GB"), ("en_GB", "en-GB"), ("de-AT", "de"), ("pt-BR", "pt-BR"), ("ar", "auto")],
)
def test_a_page_speaks_the_customers_language_where_stripe_does(language: str, locale: str) -> None:
    assert page(replace(LINK, language=language))["locale"] == locale


@pytest.mark.parametrize(("kind", "method"), [(TransactionType.SALE, None), (TransactionType.AUTHORIZATION, "manual")])
def test_money_is_held_and_not_taken_where_the_link_says_so(kind: TransactionType, method: str | None) -> None:
    link = replace(LINK, transaction_type=kind)
    assert page(link).get("payment_intent_data[capture_method]") == method
    assert dict(parse_qsl(charge(link).decode())).get("capture_method") == method


@pytest.mark.parametrize(("saves_card", "use", "customer"), [(False, None, None), (True, "off_session", "always")])
def test_a_card_is_kept_only_where_the_customer_ticked_the_box(
    saves_card: bool, use: str | None, customer: str | None
) -> None:
    asked = page(saves_card=saves_card)
    assert (asked.get("payment_intent_data[setup_future_usage]"), asked.get("customer_creation")) == (use, customer)


def test_what_was_asked_for_is_read_back_of_a_charge_with_its_customer() -> None:
    asked, of_page = asked_of(charge()), asked_of(page_body(replace(PLAN, link=LINK), MERCHANT, now=NOW))
    assert (asked.units, asked.currency, asked.customer) == (15000, "ZAR", "cus_1")
    assert (of_page.units, of_page.currency, of_page.customer) == (15000, "ZAR", None)


@pytest.mark.parametrize(
    ("state", "asked"),
    [
        # Free of charge, where a refund is not; and a hold cannot be refunded at all.
        (PaymentState.HELD, ("/v1/payment_intents/pi_1/cancel", {"cancellation_reason": "requested_by_customer"})),
        # No amount: all that was not refunded before.
        (PaymentState.TAKEN, ("/v1/refunds", {"payment_intent": "pi_1"})),
    ],
)
def test_what_is_held_is_released_and_what_was_taken_is_refunded(
    state: PaymentState, asked: tuple[str, object]
) -> None:
    assert return_of("pi_1", Payment(state, "ZAR", Decimal("150.00"))) == asked


@pytest.mark.parametrize("state", [one for one in PaymentState if one not in (PaymentState.HELD, PaymentState.TAKEN)])
def test_where_there_is_no_money_none_is_given_back(state: PaymentState) -> None:
    with pytest.raises(GatewayRefused) as refused:
        return_of("pi_1", Payment(state, "ZAR", Decimal("150.00")))
    assert refused.value.reason == "nothing_to_give_back"
