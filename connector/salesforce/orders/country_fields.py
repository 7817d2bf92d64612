"""Find which of the mapping's country fields a reader of orders sees: orgs and field permissions differ."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from connector.domain.tenants.tenant import Tenant
from connector.errors import SalesforceRefused, TenantProblem, UpstreamError
from connector.salesforce.metadata.describe import (
    CACHED_FOR,
    Describe,
    ObjectDescription,
    fetch_description,
    has_field,
)
from foundation.log import get_logger

log = get_logger()
_AFTER_A_FAILURE = timedelta(minutes=1)
Answer = TypeVar("Answer")
_Key = tuple[str, str | None, tuple[str, ...]]


class CountryFields:
    """Caches the visible fields of each reader for an hour. A reader is an agent's user id, or None for our user.

    ``describe`` returns our user's cached description of an object; ``read`` reads a resource as our user.
    """

    def __init__(
        self,
        *,
        describe: Callable[[Tenant, str], ObjectDescription | None],
        read: Callable[[Tenant, str], dict[str, Any]],
        now: Callable[[], datetime],
    ) -> None:
        self._describe = describe
        self._read = read
        self._now = now
        self._lock = threading.Lock()
        self._known: dict[_Key, tuple[datetime, tuple[str, ...]]] = {}

    def ask_with(
        self,
        tenant: Tenant,
        ask: Callable[[Sequence[str]], Answer],
        *,
        reader: str | None = None,
        read: Callable[[str], dict[str, Any]] | None = None,
    ) -> Answer:
        """Call ``ask`` with the country fields that the reader sees, and once more where they have changed since.

        ``read`` reads a resource as that reader.
        """
        seen = self._seen(tenant, reader)
        try:
            return ask(seen)
        except SalesforceRefused as error:
            if error.reason != "INVALID_FIELD" or not seen:
                raise
            # A cached field was removed or hidden: a launch must not fail for a field that is optional.
            current = self._look_up(tenant, reader, partial(fetch_description, read or partial(self._read, tenant)))
            if current == seen:
                raise
            return ask(current)

    def _seen(self, tenant: Tenant, reader: str | None) -> tuple[str, ...]:
        """Return the fields that a reader sees, from the cache if possible."""
        # An agent is assumed to see what our user sees until Salesforce refuses a field: most do, and it saves a call.
        own = self._remembered(tenant, reader)
        if own is None:
            own = self._remembered(tenant, None)
        return self._look_up(tenant, None, partial(self._describe, tenant)) if own is None else own

    def _look_up(self, tenant: Tenant, reader: str | None, describe: Describe) -> tuple[str, ...]:
        """Read which fields a reader sees now, and cache them; none where Salesforce cannot be asked."""
        lifetime = CACHED_FOR
        try:
            paths = tenant.mapping.countries
            seen = tuple(path for path in paths if has_field(path, tenant.mapping.order_object, describe))
        except (UpstreamError, TenantProblem) as error:
            log.warning("country_fields_not_read", tenant=tenant.tenant_id, code=error.code.value)
            # Without countries an agent is asked which number is meant, instead of a launch that fails.
            seen, lifetime = (), _AFTER_A_FAILURE
        now = self._now()
        with self._lock:
            # Expired entries go with every write, so that agents who left do not stay in memory.
            self._known = {key: known for key, known in self._known.items() if known[0] > now}
            self._known[self._key(tenant, reader)] = (now + lifetime, seen)
        return seen

    def _remembered(self, tenant: Tenant, reader: str | None) -> tuple[str, ...] | None:
        with self._lock:
            until, seen = self._known.get(self._key(tenant, reader), (self._now(), None))
        return seen if until > self._now() else None

    @staticmethod
    def _key(tenant: Tenant, reader: str | None) -> _Key:
        """Return the cache key, which holds the mapping so that a changed one is looked up again."""
        return tenant.tenant_id, reader, (tenant.mapping.order_object, *tenant.mapping.countries)
