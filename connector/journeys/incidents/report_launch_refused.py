"""Report launches that are refused, from the first one on, and close the findings with the next that works.

What strangers can cause has the level of a warning, and names both explanations.
"""

from __future__ import annotations

from datetime import timedelta

from connector.domain.health.finding import Finding, Level
from connector.domain.tenants.rights import Right, Rights
from connector.domain.tenants.tenant import Tenant
from connector.errors import LaunchNames
from connector.store.health.findings import AGENT_REFUSED, LAUNCH_OF_AGENT, LAUNCH_UNSIGNED, LAUNCHES_REFUSED
from connector.store.store import Store

_CANVAS = "Setup → External Client App Manager → PaymentConnectorCanvas"
_NOBODY = LaunchNames()
# What to do about a refusal that is not about permissions, by its reason.
_WORDS = {
    "tenant_disabled": "`chat2pay tenant enable`.",
    "replayed": "Reloading the browser tab opens the order.",
    "agent_session_over": "Log in to Salesforce again and reload the browser tab; the check “agents refused” says more.",
    "salesforce_unavailable": "Salesforce did not answer; a later launch opens the order.",
    "salesforce_limit": "The org's API calls were used up; the check “api limits” says more.",
    "no_order_id": "Setup → Lightning App Builder: the component belongs on the record page of the order.",
    "not_an_order": "Setup → Lightning App Builder: the component belongs on the record page of the order.",
}
_LIFECYCLE = f"{_CANVAS} → Edit → Lifecycle Class: PaymentCanvasLifecycle."
_GOES = "This goes with the next launch that works."
# Refusals that a check explains better than the refusal itself: the check is requested instead of a finding raised.
_CHECKS = {"salesforce_unavailable": ("org_answers", "login", "org_serves"), "cloned_org": ("org_id",)}
# Agents without a right are common and usually intended, so their launches request the check rarely.
_EVERY, _NO_RIGHT_EVERY = timedelta(minutes=1), timedelta(minutes=15)
# reason of the refusal -> (level, problem, remedy, impact)
_REFUSALS = {
    "wrong_signature": (
        Level.SOON,
        "A launch that names this org was not signed with its canvas secret. Either the secret is wrong or was changed in "
        "Salesforce, or somebody is trying.",
        "Open an order. If it opens, somebody is trying: he was shown nothing. If not: {canvas} → Settings → Consumer Key and "
        "Secret, and give that secret with `chat2pay rotate-key canvas {tenant}`.",
        "If the secret is wrong, no agent of this org can open an order's page.",
    ),
    "wrong_algorithm": (
        Level.WRONG,
        "Salesforce signs launches in a way that we do not know.",
        "{canvas} → Settings: Access Method is Signed Request (POST). Update the connector if it is.",
        "No agent of this org can open an order's page.",
    ),
    "incomplete": (
        Level.WRONG,
        "Launches come without the agent's own session or user.",
        "{canvas} → Settings → OAuth Scopes: “Access the identity URL service (id)” and “Manage user data via APIs (api)”; "
        "Access Method: Signed Request (POST).",
        "No agent of this org can open an order's page.",
    ),
    "no_order_id": (
        Level.SOON,
        "The page was opened from a place that names no order.",
        "Setup → Lightning App Builder: put the Chat 2 Pay component on the record page of the order, and on no other page.",
        "Whoever opens it there reads that Salesforce did not say which order.",
    ),
    "not_an_order": (
        Level.SOON,
        "The page was opened from a record that is no {object}.",
        "Setup → Lightning App Builder: put the Chat 2 Pay component on the record page of {object}. If this org pays by "
        "another object, `chat2pay tenant map {tenant}` says by which.",
        "Whoever opens it there is told to open it from an order.",
    ),
    "replayed": (
        Level.SOON,
        "A launch that was used before came once more: a frame that was reloaded by itself, or somebody who repeats what he "
        "has recorded.",
        "Reloading the browser tab opens the order. If agents see this whenever they open one, something between Salesforce "
        "and us (a proxy, a scanner of links) sends their requests twice.",
        "Whoever came was asked to reload the browser tab, and shown nothing.",
    ),
    "launch_undated": (
        Level.WRONG,
        "Launches do not say when the page was asked for, and this tenant requires it (`require_launched_at`).",
        _LIFECYCLE + " Or switch `require_launched_at` off: `chat2pay tenant add --file`.",
        "No agent of this org can open an order's page.",
    ),
    "launch_old": (
        Level.SOON,
        "A launch came more than five minutes after its page was asked for: a page that was kept and sent later, or somebody "
        "who repeats what he has recorded.",
        "Reloading the browser tab opens the order. If agents see this whenever they open one, compare the clocks: the check "
        "“org clock” of `chat2pay doctor` does.",
        "Whoever came was asked to reload the browser tab, and shown nothing.",
    ),
    "launch_ahead": (
        Level.WRONG,
        "A launch is dated more than a minute after now, so this machine's clock is slow, or the time is not the lifecycle "
        "class's.",
        "Switch on time synchronisation (NTP) on the machines of the connector; the check “org clock” of `chat2pay doctor` "
        "compares them with Salesforce. If they agree: " + _LIFECYCLE,
        "Agents whose launches are dated so cannot open an order's page.",
    ),
    "salesforce_refused": (
        Level.WRONG,
        "Salesforce refuses to show agents their orders ({code}).",
        "Agents must see every field that the mapping reads: Setup → Permission Sets → Chat 2 Pay Agent → Object Settings. "
        "`chat2pay tenant map {tenant} --check` says whether the fields are there at all.",
        "Agents cannot open those orders' pages.",
    ),
    "no_access": (
        Level.SOON,
        "An agent opened the page of an order that Salesforce does not show to that agent.",
        "If it happens to agents who see the order in Salesforce: Setup → Permission Sets → Chat 2 Pay Agent → Object "
        "Settings → Orders: Read.",
        "That agent was shown nothing, and told to ask {admin}.",
    ),
}  # fmt: skip


def report_launch_refused(*, tenant: Tenant, reason: str, store: Store, names: LaunchNames = _NOBODY) -> None:
    """Raise a finding about a refused launch; ``reason`` is the refusal's, with a peer's code after a colon.

    ``names`` are those of a verified launch: its user's last refusal is kept for `chat2pay doctor --as`.
    """
    word, _, code = reason.partition(":")
    if checks := _CHECKS.get(word):
        store.findings.suspect(tenant.tenant_id, *checks)
    refusal = _REFUSALS.get(word)
    if names.user_id is not None:
        store.findings.record_of(tenant.tenant_id, _of_agent(names.user_id, names.order_id, reason))
    if refusal is None:
        return
    level, problem, remedy, impact = refusal
    known = {
        "tenant": tenant.tenant_id,
        "canvas": _CANVAS,
        "object": tenant.mapping.order_object,
        "code": code or "no code",
        "admin": tenant.admin_contact,
    }
    finding = Finding(
        check=LAUNCH_UNSIGNED if word == "wrong_signature" else LAUNCHES_REFUSED,
        level=level,
        subject="" if word == "wrong_signature" else word,
        problem=problem.format(**known),
        remedy=remedy.format(**known),
        impact=f"{impact.format(**known)} {_GOES}",
    )
    store.findings.record(tenant.tenant_id, finding)


def _of_agent(user_id: str, order_id: str | None, reason: str) -> Finding:
    return Finding(
        check=LAUNCH_OF_AGENT,
        level=Level.SOON,
        subject=user_id,
        problem=f"The reason was “{reason}”{f', at the order {order_id}' if order_id else ''}.",
        remedy=_WORDS.get(reason.partition(":")[0], "What this agent lacks stands beside this."),
        impact="This goes with the next launch of this agent that works.",
    )


def report_launch_opened(*, tenant: Tenant, rights: Rights, store: Store, user_id: str) -> None:
    """Close the findings about refused launches; where the agent may not send, request the checks of permissions."""
    store.findings.resolve(tenant.tenant_id, (LAUNCH_UNSIGNED, LAUNCHES_REFUSED, AGENT_REFUSED))
    store.findings.resolve(tenant.tenant_id, (LAUNCH_OF_AGENT,), subject=user_id)
    if Right.SEND not in rights:
        every = _EVERY if rights.unread else _NO_RIGHT_EVERY
        store.findings.suspect(tenant.tenant_id, "permissions", "custom_permissions", every=every)
