"""Start both stand-ins and the application, and add a merchant; the core itself is left to be started."""

from __future__ import annotations

import base64
import json
import os
import re
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.payment_rehearsal.clock import SharedClock
from sandbox.payment_rehearsal.receiver import Receiver
from sandbox.processes.child import Child
from sandbox.processes.ports import free_port
from sandbox.rehearsal.http_client import HttpClient, RehearsalAborted
from sandbox.stripe.app import StripeStandIn
from sandbox.stripe.app import running as stripe_running
from sandbox.twilio.app import TwilioStandIn
from sandbox.twilio.app import running as twilio_running

_ROOT = Path(__file__).parents[2]
_PROGRAM = "payment_core.serving.rehearsed"
MERCHANT = "karoo"
SENDER = "27870000000"
# How many places the approved WhatsApp template of each text has, in its order.
_TEMPLATES = {
    "payment_request": 3, "reply_offer": 5, "replaced": 3, "replaced_offer": 5, "receipt": 3, "receipt_reserved": 3,
    "cancelled": 1, "expired": 2, "reversed": 2, "released": 2, "declined": 4, "needs_page": 3, "review_declined": 2,
}  # fmt: skip
# Short, so that a time-out costs seconds here: the least that the core takes is 1.
GATEWAY_TIMEOUT = 3.0


@dataclass
class Environment:
    """Everything that runs, and what opens the core's API."""

    folder: Path
    database_url: str
    core: HttpClient
    cores: list[Child]
    variables: dict[str, str] = field(repr=False)
    stripe: StripeStandIn
    twilio: TwilioStandIn
    receiver: Receiver
    clock: SharedClock
    api_key: str = field(repr=False)
    application: str

    @property
    def headers(self) -> dict[str, str]:
        """Return the headers of a call to the core's API."""
        return {"Authorization": self.api_key}

    def run(self, *words: str, stdin: str | None = None, module: str = "payment_core") -> str:
        """Run a command of the core and return what it prints.

        Raises:
            RehearsalAborted: it failed.
        """
        return _run(self.variables, *words, stdin=stdin, module=module)


@contextmanager
def environment(folder: Path, *, database_url: str | None) -> Iterator[Environment]:
    """Start the stand-ins and set up a merchant in an empty database; everything ends with the block.

    Raises:
        RehearsalAborted: the core refused what it was given.
    """
    clock = SharedClock(folder / "clock")
    port = free_port()
    database_url = database_url or f"sqlite:///{folder / 'payment_core.db'}"
    with ExitStack() as ends:
        stripe = ends.enter_context(stripe_running(now=clock))
        twilio = ends.enter_context(twilio_running(now=clock))
        receiver = Receiver()
        receiver.start()
        ends.callback(receiver.stop)
        # Longer than the core waits: it gives up on a call that Stripe carries out all the same.
        stripe.faults.silent_seconds = GATEWAY_TIMEOUT + 0.5
        variables = _variables(folder, database_url, port, stripe=stripe.url, twilio=twilio.url)
        webhook_secret = f"whsec_{secrets.token_hex(16)}"
        _run(variables, "db", "upgrade")
        added = _run(variables, "merchant", "add", "--file", "-", stdin=json.dumps(_merchant(twilio, webhook_secret)))
        _register_hooks(added, stripe, twilio, webhook_secret)
        proof = json.dumps({"hmac": {"key": receiver.proof_key}})
        names = ("payment-status", "transaction-status", "settings")
        addresses = [f"--{name}-url={receiver.url}/{name}" for name in names]
        made = _run(
            variables, "application", "set", MERCHANT, "--name", "Salesforce", *addresses, "--messages", "--proof", "-",
            stdin=proof,
        )  # fmt: skip
        key = re.search(r"^\s+(core_\S+)$", added, re.MULTILINE)
        yield Environment(
            folder=folder, database_url=database_url, core=HttpClient(port),
            cores=_cores(folder, database_url, port, variables), variables=variables, stripe=stripe, twilio=twilio,
            receiver=receiver, clock=clock, api_key=key[1] if key else "", application=made.split()[0],
        )  # fmt: skip


def _variables(folder: Path, database_url: str, port: int, *, stripe: str, twilio: str) -> dict[str, str]:
    paths = [str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    # The settings of some other core must not reach these processes.
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(("CHAT2PAY_", "PAYMENT_CORE_"))
    }
    return inherited | {
        "PYTHONPATH": os.pathsep.join(paths),
        **_compiled_once(folder),
        "TMPDIR": str(folder),
        "PAYMENT_CORE_ENVIRONMENT": "demo",
        "PAYMENT_CORE_CLOCK_FILE": str(folder / "clock"),
        "PAYMENT_CORE_DATABASE_URL": database_url,
        "PAYMENT_CORE_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "PAYMENT_CORE_PORT": str(port),
        "PAYMENT_CORE_ENCRYPTION_KEYS": base64.urlsafe_b64encode(os.urandom(32)).decode(),
        "PAYMENT_CORE_DIGEST_KEYS": secrets.token_urlsafe(32),
        "PAYMENT_CORE_STRIPE_URL": stripe,
        "PAYMENT_CORE_TWILIO_URL": twilio,
        "PAYMENT_CORE_GATEWAY_TIMEOUT": str(GATEWAY_TIMEOUT),
        "PAYMENT_CORE_MESSENGER_TIMEOUT": str(GATEWAY_TIMEOUT),
        # The clock leaps by hours: what is due then must be found in real seconds.
        "PAYMENT_CORE_SWEEP_INTERVAL": "0.2",
        "PAYMENT_CORE_LOG_LEVEL": "warning",
    }


def _compiled_once(folder: Path) -> dict[str, str]:
    """Return what lets Python keep its bytecode here where it is told to write none: kills make hundreds of starts."""
    if not sys.dont_write_bytecode:
        return {}
    return {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(folder / "compiled")}


def _cores(folder: Path, database_url: str, port: int, variables: dict[str, str]) -> list[Child]:
    """Return the core's processes: one on SQLite, a web process and a worker on PostgreSQL."""
    names = ("serve",) if database_url.startswith("sqlite") else ("serve", "worker")
    return [Child(name, (_PROGRAM, name), port, folder / f"{name}.log", variables) for name in names]


def _merchant(twilio: TwilioStandIn, webhook_secret: str) -> dict[str, Any]:
    templates = {
        f"{name}.whatsapp.en": twilio.account.add_template(
            " ".join(f"{{{{{place}}}}}" for place in range(1, places + 1))
        )
        for name, places in _TEMPLATES.items()
    }
    return {
        "merchant_id": MERCHANT, "name": "Karoo Coffee", "mode": "SANDBOX", "channels": ["sms", "whatsapp"],
        "currencies": ["ZAR", "USD", "JPY", "KWD"], "senders": {"sms": SENDER, "whatsapp": SENDER}, "country": "ZA",
        # No limits: a rehearsal sends in minutes what people send in weeks.
        "limits": {"per_number": 0, "per_country": 0, "per_merchant": 0}, "templates": templates, "tells_expiry": True,
        "reply": {"enabled": True, "refused_countries": []},
        "secrets": {
            "stripe.key": f"rk_test_{secrets.token_hex(12)}", "stripe.webhook": webhook_secret,
            "twilio.account": twilio.account.account_sid, "twilio.key": twilio.account.key_sid,
            "twilio.secret": twilio.account.key_secret, "twilio.webhook": twilio.account.auth_token,
        },
    }  # fmt: skip


def _register_hooks(added: str, stripe: StripeStandIn, twilio: TwilioStandIn, webhook_secret: str) -> None:
    """Register the merchant's addresses at both stand-ins, as an admin does on the providers' pages."""
    hooks = dict(re.findall(r"^\s+(stripe|twilio): (\S+)$", added, re.MULTILINE))
    stripe.account.add(
        "we", "webhook_endpoint", url=hooks["stripe"], secret=webhook_secret, status="enabled", enabled_events=["*"],
        api_version=None,
    )  # fmt: skip
    twilio.account.inbound_url = hooks["twilio"]


def _run(variables: dict[str, str], *words: str, stdin: str | None = None, module: str = "payment_core") -> str:
    done = subprocess.run(  # noqa: S603  our own command, no shell
        [sys.executable, "-m", module, *words],
        input=stdin, capture_output=True, text=True, env=variables, check=False, timeout=1800,
    )  # fmt: skip
    if done.returncode:
        raise RehearsalAborted(f"{words[0]} ended with {done.returncode}: {done.stderr.strip()[-600:]}")
    return done.stdout
