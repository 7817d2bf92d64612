"""Which payments need a person, as a core of our own lists them."""

from __future__ import annotations

from dataclasses import dataclass

from connector.core.client import CoreClient
from connector.domain.tenants.tenant import CoreAccess
from manifests import load

_OPERATION = "list_attention"
_NAMES = load("core/ours.json")["operations"][_OPERATION]["answer"]


@dataclass(frozen=True)
class AttentionList:
    """Why each listed link needs a person, by its reference, and how many more do that the core did not list."""

    reasons: dict[str, str]
    more: int = 0


def listed_attention(core: CoreClient, access: CoreAccess) -> AttentionList:
    """Return which links need a person now.

    Raises:
        CoreRefused: also where this core has no such list.
        UpstreamError, TenantProblem: it could not be asked.
    """
    answer = core.ask_own(access, _OPERATION)
    listed, more = answer.get(_NAMES["items"]), answer.get(_NAMES["more"])
    found = {}
    for one in listed if isinstance(listed, list) else ():
        link, why = (
            (one.get(_NAMES[name]) for name in ("link_reference", "attention")) if isinstance(one, dict) else (0, 0)
        )
        if isinstance(link, str) and isinstance(why, str):
            found[link] = why
    # An earlier core of ours does not say how many it left out.
    return AttentionList(found, more if type(more) is int and more > 0 else 0)
