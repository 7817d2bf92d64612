"""Refuse a launch that was not made just now, where the tenant's lifecycle class says when it was made."""

from __future__ import annotations

from datetime import datetime, timedelta

import manifests
from connector.domain.tenants.tenant import Tenant
from connector.errors import LaunchNames, LaunchRefused
from connector.salesforce.signed_request import SignedLaunch

_RULES = manifests.load("connector.json")["launch"]
_OLDEST = timedelta(minutes=_RULES["fresh_minutes"])
# Salesforce's clock and ours are not the same one.
_FURTHEST_AHEAD = timedelta(seconds=_RULES["ahead_seconds"])


def require_fresh_launch(*, tenant: Tenant, signed: SignedLaunch, names: LaunchNames, now: datetime) -> None:
    """Check the time that `PaymentCanvasLifecycle` sets before Canvas signs; without the policy it is not looked at.

    Raises:
        LaunchRefused: reason ``launch_undated``, ``launch_old`` or ``launch_ahead``.
    """
    if not tenant.policy.require_launched_at:
        return
    if signed.launched_at is None:
        raise LaunchRefused("launch_undated", reason="launch_undated", names=names)
    if now - signed.launched_at > _OLDEST:
        raise LaunchRefused("launch_not_fresh", reason="launch_old", names=names)
    if signed.launched_at - now > _FURTHEST_AHEAD:
        raise LaunchRefused("launch_not_fresh", reason="launch_ahead", names=names)
