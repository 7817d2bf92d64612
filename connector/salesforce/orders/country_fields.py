"""The mapping's country fields that a reader of orders sees: orgs differ, and so do people's field permissions."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from connector.domain.tenants.tenant import Tenant
from connector.errors import SalesforceRefused, TenantProblem, UpstreamError
from connector.salesforce.metadata.describe import (
    REMEMBERED_FOR,
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
    """Caches for an hour what each reader sees. A reader is an agent's user id, or None for the integration user.

    ``describe`` returns our user's cached description of an object, ``read`` reads a resource as our user now.
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
        """Ask for orders with the country fields that their reader sees; a field that was removed ends no launch.

        ``read`` reads a resource as that reader.
        """
        seen = self._seen(tenant, reader)
        try:
            return ask(seen)
        except SalesforceRefused as error:
            if error.reason != "INVALID_FIELD" or not seen:
                raise
            anew = self._look(tenant, reader, partial(fetch_description, read or partial(self._read, tenant)))
            if anew == seen:
                raise
            return ask(anew)

    def _seen(self, tenant: Tenant, reader: str | None) -> tuple[str, ...]:
        """Return the fields that a reader sees; an agent is assumed to see what our user sees until Salesforce refuses."""
        own = self._remembered(tenant, reader)
        if own is None and reader is not None:
            own = self._remembered(tenant, None)
        return self._look(tenant, None, partial(self._describe, tenant)) if own is None else own

    def _look(self, tenant: Tenant, reader: str | None, describe: Describe) -> tuple[str, ...]:
        """Return the fields that a reader sees now; none where Salesforce cannot be asked: agents are asked more often then."""
        lasts = REMEMBERED_FOR
        try:
            wanted = tenant.mapping.countries
            seen = tuple(path for path in wanted if has_field(path, tenant.mapping.order_object, describe))
        except (UpstreamError, TenantProblem) as error:
            log.warning("country_fields_not_read", tenant=tenant.tenant_id, code=error.code.value)
            seen, lasts = (), _AFTER_A_FAILURE
        now = self._now()
        with self._lock:
            self._known = {key: known for key, known in self._known.items() if known[0] > now}
            self._known[self._key(tenant, reader)] = (now + lasts, seen)
        return seen

    def _remembered(self, tenant: Tenant, reader: str | None) -> tuple[str, ...] | None:
        if not tenant.mapping.countries:
            return ()
        with self._lock:
            until, seen = self._known.get(self._key(tenant, reader), (self._now(), None))
        return seen if until > self._now() else None

    @staticmethod
    def _key(tenant: Tenant, reader: str | None) -> _Key:
        """Return the cache's key: a changed mapping is looked up again."""
        return tenant.tenant_id, reader, (tenant.mapping.order_object, *tenant.mapping.countries)
