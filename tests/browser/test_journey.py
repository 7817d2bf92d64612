"""A person's journey in a real browser: the extension is framed by another origin, with and without third-party cookies."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import FrameLocator, Locator, Page, expect

from sandbox.demo.stack import Stack
from tests.browser.barriers import barriers_of_new_page
from tests.browser.conftest import SandboxOrder


def extension(page: Page, stack: Stack, order: SandboxOrder) -> FrameLocator:
    """Open the order's record page and return the extension's frame."""
    page.goto(f"{stack.org.origin}/orders/{order.order_id}")
    frame = page.frame_locator("iframe")
    expect(frame.locator("#send")).to_contain_text("Send R115.00 by SMS")
    return frame


def tap_the_link(page: Page, stack: Stack, order: SandboxOrder) -> Page:
    """Open the customer's phone in a tab of its own and tap the newest link."""
    phone = page.context.new_page()
    phone.goto(f"{stack.core.origin}/phones/{order.phone}")
    link = phone.locator("a[href*='/pay/']").last
    expect(link).to_be_visible()
    phone.goto(str(link.get_attribute("href")))
    return phone


def press(checkout: Page) -> None:
    """Press the button of the link's page, which opens the card form."""
    checkout.get_by_role("button", name=re.compile("^(Pay|Go on)")).last.click()
    expect(checkout.locator("[name=number]")).to_be_visible()


def press_as_a_person(checkout: Page) -> None:
    """Press the button no sooner than a person could: two seconds after sending it is probably a preview."""
    checkout.wait_for_timeout(2_100)
    press(checkout)


def pay(checkout: Page, card: str) -> None:
    if not checkout.url.endswith("/card"):
        press(checkout)
    checkout.locator("[name=number]").fill(card)
    checkout.locator("[name=expiry]").fill("12/99")
    checkout.locator("[name=cvc]").fill("123")
    checkout.locator("[name=name]").fill("A Customer")
    checkout.get_by_role("button", name=re.compile("^Pay")).last.click()


def no_barriers(page: Page) -> None:
    """axe cannot look into a frame of another origin from outside, so it is run inside each one."""
    for frame in page.frames:
        assert barriers_of_new_page(frame) == [], frame.name


@pytest.mark.parametrize("context", ["browser", "strict_browser"], indirect=True)
def test_an_order_is_paid_and_every_screen_shows_it_by_itself(page: Page, stack: Stack, order: SandboxOrder) -> None:
    frame = extension(page, stack, order)
    expect(frame.locator("#test-banner")).to_be_visible()
    expect(frame.locator("#fact-total")).to_have_text("R115.00")
    expect(frame.locator("#fact-tax")).to_have_text("R15.00")
    expect(frame.locator("#fact-sub-total")).to_have_text("R100.00")
    expect(frame.locator("#fact-currency")).to_have_text("ZAR")
    no_barriers(page)
    frame.locator("#send").click()
    expect(frame.locator("#status-sentence")).to_contain_text("by SMS to a number ending")
    expect(frame.locator("#countdown-left")).to_contain_text(re.compile(r"4:\d\d"))
    checkout = tap_the_link(page, stack, order)
    no_barriers(checkout)
    press_as_a_person(checkout)
    expect(frame.locator("#status-pill")).to_have_text("Opened")
    no_barriers(checkout)
    pay(checkout, "4111 1111 1111 1111")
    expect(checkout.locator("body")).to_contain_text("Paid")
    expect(frame.locator("#status-sentence")).to_contain_text("Written to Salesforce")
    expect(page.locator("body")).to_contain_text("Paid")
    no_barriers(page)
    assert page.context.cookies() == []


def test_a_declined_card_may_be_followed_by_another(page: Page, stack: Stack, order: SandboxOrder) -> None:
    frame = extension(page, stack, order)
    frame.locator("#send").click()
    expect(frame.locator("#status-pill")).to_have_text("Sent")
    checkout = tap_the_link(page, stack, order)
    pay(checkout, "4000 0000 0000 0002")
    expect(frame.locator("#status-sentence")).to_contain_text("The bank said no. The link works until")
    expect(checkout.locator("body")).to_contain_text("was declined")
    pay(checkout, "4111 1111 1111 1111")
    expect(frame.locator("#status-pill")).to_have_text("Paid")


def test_a_link_is_cancelled_after_asking_once_more(page: Page, stack: Stack, order: SandboxOrder) -> None:
    frame = extension(page, stack, order)
    frame.locator("#send").click()
    frame.locator("#cancel").click()
    frame.locator("#cancel-yes").click()
    expect(frame.locator("#status-sentence")).to_contain_text("Cancelled. The link no longer works.")
    expect(frame.locator("#again")).to_be_visible()


def test_what_is_held_already_is_not_asked_for_again(page: Page, stack: Stack, order: SandboxOrder) -> None:
    frame = extension(page, stack, order)
    try:
        stack.core.request("PUT", "/sandbox/settings", json={"transaction_type": "AUTHORIZATION"})
        frame.locator("#send").click()
        pay(tap_the_link(page, stack, order), "4111 1111 1111 1111")
        expect(frame.locator("#status-pill")).to_have_text("Held")
    finally:
        stack.core.request("PUT", "/sandbox/settings", json={"transaction_type": "SALE"})
    raise_to(stack, order, 150)
    send_by_code(frame, stack, order)
    expect(frame.locator("#status-amount")).to_have_text("R35.00 by SMS")
    expect(frame.locator("#status-warning")).to_have_text("Held R115.00 of the R150.00 that is due.")
    pay(tap_the_link(page, stack, order), "4111 1111 1111 1111")
    expect(frame.locator("#status-pill")).to_have_text("Paid")
    raise_to(stack, order, 200)
    page.reload()
    expect(frame.locator("#status-warning")).to_contain_text("Paid R35.00 of R200.00. Still due R165.00.")
    expect(frame.locator("#again")).to_have_text("Send the rest")
    reach(page, frame.locator("#again"))
    frame.locator("#again").click()
    expect(frame.locator("#send")).to_have_text("Send R50.00 by SMS")
    frame.locator("#send").click()
    expect(frame.locator("#status-amount")).to_have_text("R50.00 by SMS")


def reach(page: Page, target: Locator) -> None:
    """Move the pointer until an element of a frame has it."""
    for _ in range(200):
        target.hover()
        if target.evaluate("element => element.matches(':hover')"):
            return
        page.wait_for_timeout(50)  # Chromium drops input for a cross-origin frame whose reload it has not drawn yet
    raise AssertionError("no pointer event reached the element")


def raise_to(stack: Stack, order: SandboxOrder, total: int) -> None:
    raised = {"Grand_Total__c": total, "Sub_Total__c": total - 15}
    stack.org.request("PATCH", f"/sandbox/orders/{order.order_id}", json=raised)


def send_by_code(frame: FrameLocator, stack: Stack, order: SandboxOrder) -> None:
    """Send what may still be asked for, as code that holds the page's token would."""
    token = json.loads(frame.locator("#page-data").text_content() or "")["launch_token"]
    body = {"order_id": order.order_id, "channel": "sms", "phone": order.phone}
    stack.connector.request(
        "POST",
        "/api/payment-requests",
        json=body,
        headers={"Authorization": f"Bearer {token}"},
        expect=(201,),
    )


def test_a_double_click_on_send_makes_one_link(page: Page, stack: Stack, order: SandboxOrder) -> None:
    frame = extension(page, stack, order)
    frame.locator("#send").dblclick()
    expect(frame.locator("#status-pill")).to_have_text("Sent")
    links = [one for one in stack.core.get_json(f"/sandbox/phones/{order.phone}")["messages"] if one["link"]]
    assert len(links) == 1


def test_a_changed_number_is_read_back_before_it_is_used(page: Page, stack: Stack, order: SandboxOrder) -> None:
    frame = extension(page, stack, order)
    frame.locator("#phone").fill("083 765 4321")
    frame.locator("#send").click()
    expect(frame.locator("#phone-question")).to_contain_text("4321")
    frame.locator("#phone-yes").click()
    expect(frame.locator("#status-sentence")).to_contain_text("ending 4321")


def test_an_impossible_number_is_refused_beside_its_field(page: Page, stack: Stack, order: SandboxOrder) -> None:
    frame = extension(page, stack, order)
    frame.locator("#phone").fill("12")
    frame.locator("#send").click()
    expect(frame.locator("#phone-error")).to_contain_text("This cannot be a phone number.")
    expect(frame.locator("#phone")).to_be_focused()


def test_the_page_says_how_old_it_is_while_the_connector_is_gone(page: Page, stack: Stack, order: SandboxOrder) -> None:
    frame = extension(page, stack, order)
    frame.locator("#send").click()
    expect(frame.locator("#status-pill")).to_have_text("Sent")
    stack.children["connector"].kill()
    expect(frame.locator("#stale")).to_contain_text("Connection lost. What you see is from")
    stack.supervisor.check()
    checkout = tap_the_link(page, stack, order)
    pay(checkout, "4111 1111 1111 1111")
    expect(frame.locator("#status-sentence")).to_contain_text("Written to Salesforce")
    expect(frame.locator("#stale")).to_be_hidden()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            {"Grand_Total__c": -5},
            "The total of this order is below zero (\N{MINUS SIGN}R5.00), so there is nothing to pay.",
        ),
        ({"Currency__c": "CHF"}, "Payments in CHF are not set up at the payment core"),
    ],
)
def test_an_order_that_cannot_be_paid_says_why(
    page: Page, stack: Stack, order: SandboxOrder, change: dict[str, object], sentence: str
) -> None:
    stack.org.request("PATCH", f"/sandbox/orders/{order.order_id}", json=change)
    page.goto(f"{stack.org.origin}/orders/{order.order_id}")
    frame = page.frame_locator("iframe")
    expect(frame.locator("#problems")).to_contain_text(sentence)
    expect(frame.locator("#send")).to_have_attribute("aria-disabled", "true")
    no_barriers(page)


def test_an_order_that_was_mended_can_be_sent_without_a_reload(page: Page, stack: Stack, order: SandboxOrder) -> None:
    stack.org.request("PATCH", f"/sandbox/orders/{order.order_id}", json={"Grand_Total__c": 0})
    page.goto(f"{stack.org.origin}/orders/{order.order_id}")
    send = page.frame_locator("iframe").locator("#send")
    expect(send).to_have_attribute("aria-disabled", "true")
    stack.org.request("PATCH", f"/sandbox/orders/{order.order_id}", json={"Grand_Total__c": 115})
    expect(send).not_to_have_attribute("aria-disabled", "true")


def test_an_agent_without_access_reads_why_in_the_frame_and_sees_no_data(
    page: Page, stack: Stack, order: SandboxOrder
) -> None:
    users = stack.org.get_json("/sandbox/credentials")["users"]
    nobody = next(user for user in users if user["kind"] == "no_access")
    made = {"order_id": order.order_id, "user_id": nobody["id"]}
    launch = stack.org.request("POST", "/sandbox/launches", json=made).json()
    page.goto(stack.org.origin)
    framed(page, launch["launch_url"], launch["signed_request"])
    frame = page.frame_locator("iframe[name=probe]")
    expect(frame.locator("#sentence")).to_contain_text("You cannot see this order's payments. Ask Naledi Khumalo.")
    assert "115.00" not in str(frame.locator("body").inner_text())


def test_a_replayed_request_says_what_to_do(page: Page, stack: Stack, order: SandboxOrder) -> None:
    launch = stack.org.request("POST", "/sandbox/launches", json={"order_id": order.order_id}).json()
    stack.connector.request("POST", launch["launch_url"], data={"signed_request": launch["signed_request"]})
    page.goto(stack.org.origin)
    framed(page, launch["launch_url"], launch["signed_request"])
    expect(page.frame_locator("iframe[name=probe]").locator("#sentence")).to_contain_text("Reload this browser tab")


def framed(page: Page, url: str, signed_request: str) -> None:
    """Post a signed request into a frame of the org's page, as Canvas does."""
    page.evaluate(
        """([url, signed]) => {
            const frame = Object.assign(document.createElement("iframe"), {name: "probe", width: 420, height: 700});
            document.body.append(frame);
            const form = Object.assign(document.createElement("form"), {method: "post", action: url, target: "probe"});
            form.append(Object.assign(document.createElement("input"), {type: "hidden", name: "signed_request", value: signed}));
            document.body.append(form);
            form.submit();
        }""",
        [url, signed_request],
    )
