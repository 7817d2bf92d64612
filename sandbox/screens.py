"""The command `python -m sandbox.screens`: plays the journey in a real browser and takes the pictures of the docs."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import BrowserContext, Error, FloatRect, FrameLocator, Page, expect, sync_playwright

from sandbox.demo.console import interrupt_on_signals, print_error, say
from sandbox.demo.runs import play_once
from sandbox.demo.scripted.timeline import Timeline
from sandbox.demo.stack import PORTS, Stack
from sandbox.processes.errors import DemoError, RefusedToStart, UnexpectedAnswer
from sandbox.processes.ports import free_or_other_ports

PICTURES = Path(__file__).parents[1] / "docs" / "images"
# No sandbox, because containers run as root; the rest keeps the browser from talking to anybody but us.
_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--font-render-hinting=none",
    # the emulated scale alone does not reach a frame of another origin: it would be drawn small and stretched
    "--force-device-scale-factor=1.5",
)
_DESK = {"width": 1360, "height": 940}
_HANDSET = {"width": 420, "height": 760}
# The org highlights a changed field for 2.5 s.
_HIGHLIGHT_MS = 3000


def main() -> int:
    """Play and take the pictures. Returns the exit code."""
    interrupt_on_signals()
    try:
        if not os.environ.get("CHAT2PAY_BROWSER"):
            raise RefusedToStart("No browser: install chromium or google-chrome, or set CHAT2PAY_BROWSER to one.")
        PICTURES.mkdir(parents=True, exist_ok=True)
        # the ports of `make demo` where they are free, so that the pictures show the addresses that a reader will see
        play_once(take_pictures, ports=free_or_other_ports(PORTS))
    except DemoError as error:
        print_error(str(error))
        return error.exit_code
    except (Error, AssertionError) as error:
        # Playwright's own text names the element and what was seen of it.
        print_error(f"FAILED in the browser: {error}")
        return 1
    return 0


def take_pictures(stack: Stack, timeline: Timeline) -> None:
    """Play the journey as an agent and a customer would, with a picture of every page."""
    with _browser() as context:
        desk = context.new_page()
        faults = _listen(desk)
        with timeline.step("the agent opens the order"):
            frame = _open_order(desk, stack)
            expect(frame.locator("#preview-text")).to_be_visible()
            _screenshot_frame(desk, "agent-unsent")
        with timeline.step("the agent presses Send"):
            _send(frame)
            _screenshot_frame(desk, "agent-sent")
        with timeline.step("the customer pays"):
            _pay(context, stack)
        with timeline.step("the agent sees it paid"):
            _expect_paid(desk, frame)
        with timeline.step("the portal shows the callbacks"):
            desk.goto(f"{stack.core.origin}/portal")
            desk.screenshot(path=PICTURES / "portal.png", mask=[desk.locator(".secret")], mask_color="#d9d9d9")
    for error in faults:
        say(f"The browser said: {error}")


@contextmanager
def _browser() -> Iterator[BrowserContext]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=os.environ["CHAT2PAY_BROWSER"], args=_ARGUMENTS)
        context = browser.new_context(
            viewport={"width": _DESK["width"], "height": _DESK["height"]},
            device_scale_factor=1.5,
            locale="en-ZA",
            timezone_id="Africa/Johannesburg",
        )
        yield context
        browser.close()


def _listen(page: Page) -> list[str]:
    """Collect what a developer would see in red."""
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    return faults


def _open_order(desk: Page, stack: Stack) -> FrameLocator:
    desk.goto(stack.org.origin)
    desk.get_by_role("link", name=stack.first_order()["OrderNumber"]).click()
    frame = desk.frame_locator("iframe[name=chat2pay]")
    expect(frame.locator("#send")).not_to_have_attribute("aria-disabled", "true", timeout=15_000)
    return frame


def _send(frame: FrameLocator) -> None:
    frame.get_by_text("SMS", exact=True).first.click()
    frame.locator("#send").click()
    expect(frame.locator("#countdown")).to_be_visible(timeout=15_000)


def _pay(context: BrowserContext, stack: Stack) -> None:
    phone = context.new_page()
    phone.set_viewport_size({"width": _HANDSET["width"], "height": _HANDSET["height"]})
    digits = re.sub(r"\D", "", stack.first_order()["BillToContact"]["MobilePhone"])
    phone.goto(f"{stack.core.origin}/phones/{digits}")
    _screenshot(phone, "phone")
    checkout = _tap(phone, "/pay/")
    _screenshot(checkout, "checkout")
    checkout.get_by_role("button", name=re.compile("^Pay ")).click()
    for name, typed in {"number": "4111 1111 1111 1111", "expiry": "12/99", "cvc": "123", "name": "L Mokoena"}.items():
        checkout.locator(f"#{name}").fill(typed)
    checkout.get_by_role("button", name=re.compile("^Pay ")).click()
    expect(checkout.get_by_text("Paid, thank you")).to_be_visible()
    _screenshot(_tap(phone, "/receipts/"), "receipt")


def _tap(phone: Page, path: str) -> Page:
    """Tap the newest link to a path and return the page that opens."""
    link = phone.locator(f"#conversation a[href*='{path}']").last
    with phone.expect_popup() as opened:
        link.click(timeout=15_000)
    page = opened.value
    page.set_viewport_size({"width": _HANDSET["width"], "height": _HANDSET["height"]})
    page.wait_for_load_state()
    return page


def _expect_paid(desk: Page, frame: FrameLocator) -> None:
    desk.bring_to_front()
    expect(frame.locator("#status-pill")).to_have_text(re.compile("paid", re.IGNORECASE), timeout=15_000)
    expect(desk.locator("[data-field=Chat2Pay_Payment_State__c]")).to_have_text(
        re.compile("^paid$", re.IGNORECASE), timeout=15_000
    )
    desk.wait_for_timeout(_HIGHLIGHT_MS)
    _screenshot_frame(desk, "agent-paid")
    _screenshot(desk, "record-page")


def _screenshot(page: Page, name: str) -> None:
    page.screenshot(path=PICTURES / f"{name}.png", animations="disabled")


def _screenshot_frame(desk: Page, name: str) -> None:
    """Take a picture of the frame's content, without the org's border around it and the empty rest below."""
    frame = desk.locator("iframe[name=chat2pay]").bounding_box()
    content = desk.frame_locator("iframe[name=chat2pay]").locator("main").bounding_box()
    if frame is None or content is None:
        raise UnexpectedAnswer("the frame is not on the page")
    top, end = frame["y"] + 2, min(frame["y"] + frame["height"], content["y"] + content["height"] + 8)
    clip = FloatRect(x=frame["x"] + 2, y=top, width=frame["width"] - 4, height=end - top)
    desk.screenshot(path=PICTURES / f"{name}.png", clip=clip, animations="disabled")


if __name__ == "__main__":
    sys.exit(main())
