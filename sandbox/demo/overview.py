"""The text that a person reads at the console while the demo runs."""

from __future__ import annotations

from sandbox.demo.stack import Stack

_CARD = "4111 1111 1111 1111"


def overview(stack: Stack) -> str:
    """Return where to click, in order, and where everything else is."""
    order = stack.first_order()
    phone = "".join(sign for sign in str(order["BillToContact"]["MobilePhone"]) if sign.isdigit())
    org, core = stack.org.origin, stack.core.origin
    return f"""
The demo is ready. Nothing leaves this machine, and no money moves.

  1  {org}/
     the org's list of orders: open order {order["OrderNumber"]}
  2  the Chat 2 Pay tab on its page: press Send
  3  {core}/phones/{phone}
     the customer's phone: tap the link in the message, and press Pay
  4  pay with card {_CARD}, any future date, security code and name
  5  back on the order's page: it says paid, and its fields have changed

  Portal      {core}/portal   callback addresses, and every callback sent
  Phones      {core}/phones   all phones
  Gateway     {core}/gateway  disputes and how they end, fraud warnings, refunds that fail: what needs a person
  Slow card   curl -X PUT {core}/sandbox/faults -H 'Content-Type: application/json' -d '{{"slow_charge_ms": 8000}}'
              a reply that pays by a saved card takes eight seconds: the order's page says so meanwhile
  Connector   {stack.connector.origin}        health at /health/ready
  Logs        {stack.folder.path / "logs"}
  Stop        Ctrl-C; the state stays in {stack.folder.path}, --fresh clears it
"""
