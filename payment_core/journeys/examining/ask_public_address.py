"""Ask the public address whether it leads to this core, by a request that goes out and comes back in."""

from __future__ import annotations

from collections.abc import Iterator

from foundation.http.session import NoAnswer, PeerSession, ProxyFault, RedirectRefused, RequestNotSent, call
from payment_core import metrics
from payment_core.domain.finding import Finding, Level
from payment_core.errors import UntrustedMessage
from payment_core.services import Core
from payment_core.store import merchants

_ANSWER_WITHIN_SECONDS = 10.0
_UNPROVEN, _UNKNOWN = 401, 404


def ask_public_address(core: Core) -> Iterator[Finding]:
    """Yield a finding where links and providers' reports do not come to this core; without a merchant there are none."""
    with core.transactions.read() as work:
        every = merchants.listed(work)
    why = _why_not(core, f"/hooks/{every[0].messenger}/{every[0].hook}") if every else None
    if why is not None:
        yield Finding(
            "public_url", Level.WRONG, f"{core.public_url} does not lead to this core: {why}.",
            "Is `chat2pay-core serve` running? Look at DNS, and at the proxy in front of it: it has to pass every path on, and "
            "POST, too. Where only this machine cannot reach its own public address, run `chat2pay-core doctor --offline` here.",
            "Customers cannot open their links, and what providers report does not arrive.", "PAYMENT_CORE_PUBLIC_URL",
        )  # fmt: skip


def _why_not(core: Core, hook: str) -> str | None:
    """Return why a report without proof is not refused as this core does: only its database knows the address."""
    session = PeerSession(
        peer="ourselves",
        total_timeout=_ANSWER_WITHIN_SECONDS,
        connections=1,
        repeat_reads=False,
        egress=core.egress,
        observe=metrics.count_call,
    )
    try:
        answer = call(session, "POST", f"{core.public_url}{hook}", operation="check_public_url", headers={}, body=b"{}")
    except ProxyFault:
        return "the proxy that PAYMENT_CORE_PROXY names does not let us through"
    except RedirectRefused:
        return "it answers with a redirect, which providers do not follow"
    except (RequestNotSent, NoAnswer) as error:
        return "no connection can be made" if isinstance(error, RequestNotSent) else "no answer comes"
    finally:
        session.close()
    # By its own word: a proxy that asks for a password says 401, too.
    if answer.status_code == _UNPROVEN and UntrustedMessage.code.upper() in answer.text:
        return None
    if answer.status_code in (_UNPROVEN, _UNKNOWN):
        return f"something else answers there ({answer.status_code}), or a core with another database"
    return f"it answers {answer.status_code}"
