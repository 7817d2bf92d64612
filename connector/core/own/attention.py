"""Which payments need a person, as a core of our own lists them."""

from __future__ import annotations

from connector.core.client import CoreClient
from connector.domain.tenants.tenant import CoreAccess
from manifests import load

_OPERATION = "list_attention"
_NAMES = load("core/ours.json")["operations"][_OPERATION]["answer"]


def listed_attention(core: CoreClient, access: CoreAccess) -> dict[str, str]:
    """Return of the links that need a person now why they do.

    Raises:
        CoreRefused: also where this core has no such list.
        UpstreamError, TenantProblem: it could not be asked.
    """
    listed = core.ask_own(access, _OPERATION).get(_NAMES["items"])
    found = {}
    for one in listed if isinstance(listed, list) else ():
        link, why = (
            (one.get(_NAMES[name]) for name in ("link_reference", "attention")) if isinstance(one, dict) else (0, 0)
        )
        if isinstance(link, str) and isinstance(why, str):
            found[link] = why
    return found
