"""The mapping of an admin whose orders keep total, tax and currency in fields of the org's own, as the sandbox org's do."""

from collections.abc import Mapping
from typing import Any

OWN_TOTALS = ("order_custom", "order")


def with_own_totals(given: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the mapping with the sandbox org's own totals, where it names no others; summaries have totals of their own."""
    mapping = dict(given or {})
    read = mapping.get("read", {})
    if mapping.get("order_object", "Order") == "Order" and isinstance(read, Mapping) and "profiles" not in read:
        mapping["read"] = {"profiles": list(OWN_TOTALS), **read}
    return mapping
