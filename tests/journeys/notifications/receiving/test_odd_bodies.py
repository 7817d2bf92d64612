"""True news of money is never thrown away for a side field: a body that names what is ours is a reason to ask the core."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from tests.factories import notification
from tests.journeys.world import Page, World

Body = Callable[[dict[str, Any]], bytes]


def plain(**changes: Any) -> Body:
    """The news with fields changed; ``...`` takes a field away."""

    def made(news: dict[str, Any]) -> bytes:
        return json.dumps({name: value for name, value in {**news, **changes}.items() if value is not ...}).encode()

    return made


def text(change: Callable[[str], str]) -> Body:
    return lambda news: change(json.dumps(news)).encode()


def upper(news: dict[str, Any], *names: str) -> bytes:
    return json.dumps({name: str(value).upper() if name in names else value for name, value in news.items()}).encode()


OPTIONAL = (
    "orderNumber", "totalAmount", "taxAmount", "subTotalAmount", "currency", "channel", "environment", "receiptLinkRef",
    "transactionType", "paymentReviewAutoReversal", "reviewFinalisedTimestamp", "reconciliationReference", "merchantName",
    "paymentStatusId", "paymentGatewayResponseTimestamp",
)  # fmt: skip
NESTED = {"value": [{"deep": True}, None]}
ODD: dict[str, Body] = {
    # as they failed in trials from outside
    "order number as a number": lambda news: plain(orderNumber=int(news["orderNumber"]))(news),
    "status in small letters": lambda news: plain(paymentStatus=news["paymentStatus"].lower())(news),
    "status with spaces around it": lambda news: plain(paymentStatus=f"  {news['paymentStatus']} ")(news),
    "currency in small letters": plain(currency="zar"),
    "environment in other letters": plain(environment="Sandbox"),
    "link reference in capitals": lambda news: upper(news, "paymentLinkRef"),
    "amounts that are empty": plain(totalAmount="", taxAmount="", subTotalAmount=""),
    "amounts with their currency": plain(totalAmount="ZAR 115.00", taxAmount="ZAR 15.00", subTotalAmount="ZAR 100.00"),
    "every optional field empty": plain(**dict.fromkeys(OPTIONAL, "")),
    "in a list of one": text(lambda news: f"[{news}]"),
    "an integer of 5,000 digits": text(lambda news: news[:-1] + f', "serial": {"9" * 5000}}}'),
    "a name in latin-1": lambda news: json.dumps(news).replace("Acme Shop", "Café").encode("latin-1"),
    "a blank payment status": lambda news: plain(paymentStatus="", transactionStatus=news["paymentStatus"])(news),
    # and more of their kind
    "side fields that are true": plain(merchantName=True, channel=True, receiptLinkRef=True, taxAmount=True),
    "side fields that are lists": plain(merchantName=[], channel=["sms"], taxAmount=[1], currency=["ZAR"]),
    "side fields that are objects": plain(**dict.fromkeys(OPTIONAL, NESTED)),
    "side fields that are null": plain(**dict.fromkeys(OPTIONAL)),
    "side fields that are gone": plain(**dict.fromkeys(OPTIONAL, ...)),
    "an amount that is NaN": plain(totalAmount=float("nan")),
    "an amount that is infinite": plain(totalAmount=float("inf")),
    "an amount without end": text(lambda news: news.replace('"totalAmount": 115.0', '"totalAmount": 1e999999999')),
    "an amount beyond any": text(lambda news: news.replace('"totalAmount": 115.0', '"totalAmount": 1e' + "9" * 30)),
    "an amount of 5,000 digits": text(lambda news: news.replace('"totalAmount": 115.0', '"totalAmount": ' + "9" * 5000)),
    "an amount with a comma": plain(totalAmount="115,00"),
    "an amount with thousands apart": plain(totalAmount="1 115.00"),
    "an amount in cents": plain(totalAmount=11500),
    "half characters": plain(merchantName="\ud800", orderNumber="\udfff", currency="\ud800"),
    "a NUL in every text": lambda news: json.dumps(
        {name: f"{value}\0" if isinstance(value, str) and name in OPTIONAL else value for name, value in news.items()}
    ).encode(),
    "a field twice": text(lambda news: news[:-1] + ', "currency": "USD"}'),
    "its status twice": text(lambda news: '{"paymentStatus": "PAYMENT_DECLINED", ' + news[1:]),
    "a byte order mark": lambda news: b"\xef\xbb\xbf" + json.dumps(news).encode(),
    "in UTF-16": lambda news: json.dumps(news).encode("utf-16"),
    "in UTF-32": lambda news: json.dumps(news).encode("utf-32-be"),
    "names in other letters": lambda news: json.dumps({name.lower(): value for name, value in news.items()}).encode(),
    "names with dashes": text(lambda news: news.replace("paymentLinkRef", "payment-link-ref")),
    "a comma too many": text(lambda news: news[:-1] + ",}"),
    "no end": text(lambda news: news[: news.index("additionalData") + 80]),
    "in single quotes": text(lambda news: news.replace('"', "'")),
    "as a form": lambda news: f"paymentLinkRef={news['paymentLinkRef']}&paymentStatus={news['paymentStatus']}".encode(),
    "as XML": lambda news: f"<news><ref>{news['paymentLinkRef']}</ref></news>".encode(),
    "as a word": lambda news: f"paid: {news['paymentLinkRef']}!".encode(),
    "as JSON inside a text": lambda news: json.dumps(json.dumps(news)).encode(),
    "inside another object": lambda news: json.dumps({"type": "payment", "data": {"object": news}}).encode(),
    "twice in a list": text(lambda news: f"[{news}, {news}]"),
    "additional data as text": lambda news: plain(additionalData=json.dumps(news["additionalData"]))(news),
    "additional data of another form": lambda news: plain(additionalData=[{"key": "reference", "value": "x"}])(news),
    "our reference in capitals": lambda news: plain(
        paymentLinkRef=..., additionalData={"reference": f" {news['additionalData']['reference'].upper()} "}
    )(news),
    "our reference alone, anywhere": lambda news: json.dumps({"note": f"re {news['additionalData']['reference']}"}).encode(),
    "the link in another field": lambda news: plain(paymentLinkRef=..., additionalData=..., ref=news["paymentLinkRef"])(news),
    "a status nobody knows": plain(paymentStatus="SETTLED_BY_GATEWAY"),
    "a status that is a number": plain(paymentStatus=3),
    "no status": plain(paymentStatus=...),
    "nested without end": text(lambda news: news[:-1] + ', "x": ' + '{"a":' * 3000 + "1" + "}" * 3001),
    "a raw line break in a text": text(lambda news: news.replace("Acme Shop", "Acme\nShop")),
    "another order's number": plain(orderNumber="99999999"),
    "another environment": plain(environment="PRODUCTION"),
    "another link": plain(paymentLinkRef="no-link-of-anybodys"),
    "a link that is a list": lambda news: plain(paymentLinkRef=[news["paymentLinkRef"]])(news),
}  # fmt: skip

# What brings text or numbers that SQLite takes and PostgreSQL may not. How a body is read knows no database.
ODD_FOR_POSTGRESQL = (
    "order number as a number", "an integer of 5,000 digits", "a name in latin-1", "every optional field empty",
    "side fields that are objects", "an amount that is NaN", "an amount that is infinite", "an amount beyond any",
    "half characters", "a NUL in every text", "in UTF-16", "no end", "a raw line break in a text", "another link",
)  # fmt: skip
on_either_database = pytest.mark.parametrize(
    ("database_url", "names"),
    [
        *(pytest.param("sqlite", [one], id=one) for one in ODD),
        pytest.param("postgresql", ODD_FOR_POSTGRESQL, id="postgresql"),
    ],
    indirect=["database_url"],
)
Orders = dict[str, tuple[Page, dict[str, Any]]]


def one_order_each(world: World, names: Sequence[str], page: Page, link: dict[str, Any]) -> Orders:
    """Return an order with a link for each name: the first that of the fixtures, the others to numbers of their own."""
    orders = {names[0]: (page, link)}
    for number, name in enumerate(names[1:]):
        other = world.open(world.order())
        orders[name] = (other, world.sent(other, phone=f"278312345{number:02d}"))
    return orders


def shown(world: World, page: Page) -> dict[str, Any]:
    found: dict[str, Any] = world.look(page)["payment_requests"][0]
    return found


def tell(world: World, name: str, news: dict[str, Any]) -> None:
    """Let the core tell its news as the body of that name."""
    assert world.callback(ODD[name](news)).status_code == 200, name
    world.clock.pass_by(milliseconds=1)


def verdicts(world: World, orders: Orders) -> dict[str, str]:
    """What became of each body; they were told in the order of their names."""
    rows = sorted(world.rows("inbox"), key=lambda row: row["received_at"])
    return dict(zip(orders, [row["verdict"] for row in rows], strict=True))


def each(orders: Orders, found: Any) -> dict[str, Any]:
    """The same for each name."""
    return dict.fromkeys(orders, found)


def assert_each_is_applied_at_once(world: World, orders: Orders) -> None:
    for name, (_, link) in orders.items():
        tell(world, name, world.core.happen(link, "PAYMENT_RECEIVED"))
    world.drain()
    looks = {name: world.look(page) for name, (page, _) in orders.items()}
    found = {name: (one["payment_requests"][0]["status"], one["amount_paid"]) for name, one in looks.items()}
    assert found == each(orders, ("paid", "115.00"))
    assert verdicts(world, orders) == each(orders, "applied")
    kept = {row["link_reference"] for row in world.rows("payment_requests")}
    assert kept == {link["paymentLinkRef"] for _, link in orders.values()}


@pytest.mark.parametrize("confirm", [True, False], ids=["confirming", "not confirming"])
@on_either_database
def test_is_applied_at_once_when_the_core_says_so(
    world: World, page: Page, link: dict[str, Any], names: Sequence[str], confirm: bool
) -> None:
    world.tenant(confirm=confirm)
    assert_each_is_applied_at_once(world, one_order_each(world, names, page, link))


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_each_is_applied_on_postgresql(world: World, page: Page, link: dict[str, Any]) -> None:
    others = [name for name in ODD if name not in ODD_FOR_POSTGRESQL]
    assert_each_is_applied_at_once(world, one_order_each(world, others, page, link))


@on_either_database
def test_changes_nothing_when_the_core_knows_nothing_of_it(
    world: World, page: Page, link: dict[str, Any], names: Sequence[str]
) -> None:
    orders = one_order_each(world, names, page, link)
    for name, (_, news_of) in orders.items():
        tell(world, name, notification(news_of, "PAYMENT_RECEIVED", at=world.clock()))
    for _ in range(8):
        world.drain()
        world.clock.pass_by(seconds=20)
    looks = {name: world.look(one) for name, (one, _) in orders.items()}
    requests = {name: one["payment_requests"][0] for name, one in looks.items()}
    found = {name: (one["status"], one["live"], looks[name]["amount_paid"]) for name, one in requests.items()}
    assert found == each(orders, ("sent", True, "0.00"))
    kept = verdicts(world, orders)
    assert {name: one for name, one in kept.items() if one not in ("anomaly", "unreadable")} == {}


@on_either_database
def test_ends_nothing_that_the_core_holds_as_live(
    world: World, page: Page, link: dict[str, Any], names: Sequence[str]
) -> None:
    orders = one_order_each(world, names, page, link)
    for name, (_, news_of) in orders.items():
        tell(world, name, notification(news_of, "PAYMENT_LINK_EXPIRED", at=world.clock(), shape="payment"))
    for _ in range(8):
        world.drain()
        world.clock.pass_by(seconds=20)
    looks = {name: world.look(one) for name, (one, _) in orders.items()}
    found = {name: (one["payment_requests"][0]["live"], one["can_send"]) for name, one in looks.items()}
    assert found == each(orders, (True, False))


@on_either_database
def test_waits_while_the_core_cannot_be_asked(
    world: World, page: Page, link: dict[str, Any], names: Sequence[str]
) -> None:
    orders = one_order_each(world, names, page, link)
    news = {name: world.core.happen(news_of, "PAYMENT_RECEIVED") for name, (_, news_of) in orders.items()}
    world.core.down = True
    for name, one in news.items():
        tell(world, name, one)
    for _ in range(6):
        world.drain()
        world.clock.pass_by(seconds=61)
    assert verdicts(world, orders) == each(orders, "awaiting confirmation")
    assert {name: shown(world, one)["status"] for name, (one, _) in orders.items()} == each(orders, "sent")
    world.core.down = False
    world.drain()
    assert {name: shown(world, one)["status"] for name, (one, _) in orders.items()} == each(orders, "paid")


@pytest.mark.parametrize("name", ["no end", "no status", "status in small letters", "as a form"])
def test_is_no_news_of_settings_at_their_address(world: World, page: Page, link: dict[str, Any], name: str) -> None:
    """Whoever swapped the addresses loses no news, however odd it is."""
    world.callback(ODD[name](world.core.happen(link, "PAYMENT_RECEIVED")), kind="settings")
    world.drain()
    assert shown(world, page)["status"] == "paid"


def test_that_names_nobody_of_ours_is_put_aside_and_listed_under_what_it_names(
    world: World, page: Page, link: dict[str, Any]
) -> None:
    world.callback(b'{"paymentLinkRef": "some-other-link", "x": "c2p_ofnobody", ')
    world.drain()
    row = world.row("inbox")
    assert (row["verdict"], row["reason"]) == ("unreadable", "not_json")
    assert (row["link_reference"], row["reference"]) == ("some-other-link", "c2p_ofnobody")
    assert world.core.questions == []


def test_loses_its_card_number_first_however_odd_it_is(
    world: World, page: Page, link: dict[str, Any], lines: list[Any]
) -> None:
    card = "4111" + "1" * 12
    news = json.dumps(world.core.happen(link, "PAYMENT_RECEIVED"))
    world.callback((news[:-1] + f', "serial": {"9" * 5000}, "note": "{card}"}}').encode())
    world.callback((news[:-30] + f', "note": "{card}"').encode("utf-16"))
    world.drain()
    assert [line["event"] for line in lines].count("card_number_redacted") == 2
    vault = world.services.store.vault
    for row in world.rows("inbox"):
        assert card not in vault.open("acme", row["body"]).decode(errors="replace").replace("\0", "")
        assert row["verdict"] in ("applied", "unreadable", "stale")  # of two about one payment the later is known
    assert shown(world, page)["status"] == "paid"


def test_with_many_names_asks_about_some_of_them_only(world: World, page: Page, link: dict[str, Any]) -> None:
    links = [world.sent(world.open(world.order()), phone=f"278312345{number}") for number in range(10, 24)]
    world.core.questions.clear()
    world.callback(json.dumps([one["paymentLinkRef"] for one in links]).encode())
    world.drain()
    assert len(world.core.questions) == 10
