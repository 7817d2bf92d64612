"""Check that the org accepts what a mapping writes to orders and to payment request records."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from connector.domain.health.deploy_remedy import deploy
from connector.domain.health.finding import Finding, Level
from connector.domain.payments.balance import OrderPaymentState
from connector.salesforce.calls.request_facts_reader import is_writable
from connector.salesforce.errors.records import VERSION_TOKEN, has_token
from connector.salesforce.inspection.mapping_inspector import (
    CHECK,
    VERSION_RULE,
    MappingInspector,
    soon_finding,
    wrong_finding,
)
from connector.salesforce.metadata.describe import ObjectDescription
from connector.salesforce.metadata.field_requirements import (
    OPTIONAL_REQUEST_FIELDS,
    ORDER_NEEDS,
    READ_TEXT,
    REQUEST_NEEDS,
    FieldRequirement,
    lost_digits,
    missing_words,
    unmet_requirement,
)
from connector.salesforce.orders.order_record import order_target

_NOT_COPIED = "Salesforce refuses the payment fields of every order."
_NOT_RECORDED = "Salesforce refuses every payment request's record, and what happens to it is not written there."
_SET = "Setup → Permission Sets → Chat 2 Pay Integration"
_ASSIGNED = "The set must be assigned to the integration user (Setup → Users → its Permission Set Assignments)."
_OLD_NEWS = "A slow old call could land after a newer one."


def check_mapping_writes(inspector: MappingInspector, orders: ObjectDescription) -> Iterator[Finding]:
    """Yield a finding for each write that would be refused or lose data."""
    yield from _order_writes(inspector, orders)
    yield from _request_writes(inspector)


def _order_writes(inspector: MappingInspector, orders: ObjectDescription) -> Iterator[Finding]:
    mapping = inspector.mapping
    target = order_target(mapping, orders)
    kind = orders
    if target.is_original:
        yield Finding(
            CHECK, Level.FINE, f"{orders.name} takes none of our versions, so its original order takes the payment fields.",
            subject="order_object",
        )  # fmt: skip
        original = inspector.described(target.object)
        if original is None:
            yield inspector.no_object(target.object, "original")
            return
        kind = original
    elif left := [name for name, one in mapping.write_order.items() if one and name not in target.fields]:
        problem = f"{orders.name} does not let us write {', '.join(left)}."
        yield soon_finding("order_object", problem, "Let the integration user edit these fields.", "They are left out.")
    blocked = _blocked(inspector, "write_order", kind, list(target.fields.values()), _NOT_COPIED)
    if blocked:
        yield blocked
        return
    for name, field_name in target.fields.items():
        yield from _write(inspector, f"write_order.{name}", kind, field_name, ORDER_NEEDS[name], _NOT_COPIED)
    # Without a version in the org nothing keeps a slow old call from landing after a newer one (ADR 7).
    yield from _version(inspector, "write_order.version", mapping.write_order.get("version"), kind)
    if target.status and target.status.values:
        yield from _status(inspector, kind, target.status.field, dict(target.status.values))


def _status(
    inspector: MappingInspector, kind: ObjectDescription, name: str, values: dict[str, str]
) -> Iterator[Finding]:
    impact = "The order keeps its Status; its payment fields are written without it, with one more call."
    need = FieldRequirement(READ_TEXT.kind)
    refused = list(_write(inspector, "write_status.field", kind, name, need, impact))
    yield from refused
    found = kind.field(name)
    if refused or found is None:
        return
    lacking = missing_words(FieldRequirement(READ_TEXT.kind, words=tuple(dict.fromkeys(values.values()))), found)
    if lacking:
        problem = f"{kind.name}.{name} has no value {', '.join(lacking)}."
        remedy = "Add the value to the picklist, or correct write_status.values."
        yield wrong_finding("write_status.values", problem, remedy, impact)
    silent = [state.value for state in OrderPaymentState if state.value not in values]
    if silent:
        yield Finding(CHECK, Level.FINE, f"{name} stays as it is for {', '.join(silent)}.", subject="write_status")


def _request_writes(inspector: MappingInspector) -> Iterator[Finding]:
    mapping = inspector.mapping
    kind = inspector.described(mapping.request_object)
    if kind is None:
        yield inspector.no_object(mapping.request_object, "request_object")
        return
    names = [name for name in mapping.write_request.values() if name]
    blocked = _blocked(inspector, "request_object", kind, names, _NOT_RECORDED, creates=True)
    if blocked:
        yield blocked
        return
    yield from _external_id(inspector, kind)
    optional = {name: mapping.write_request.get(name) for name in OPTIONAL_REQUEST_FIELDS}
    # As the push decides it, so that doctor never promises another outcome.
    left_out = {name: one for name, one in optional.items() if one and not is_writable(kind, one)}
    if left_out:
        yield _left_out(inspector.tenant.tenant_id, kind, [str(one) for one in left_out.values()])
    for name, field_name in mapping.write_request.items():
        if field_name and name not in left_out:
            entry = f"write_request.{name}"
            yield from _write(inspector, entry, kind, field_name, REQUEST_NEEDS[name], _NOT_RECORDED, creates=True)
    yield from _version(inspector, "write_request.version", mapping.write_request.get("version"), kind)


def _left_out(tenant_id: str, kind: ObjectDescription, names: Sequence[str]) -> Finding:
    """Return one finding for all fields without which records are written, as in an org with older metadata."""
    problem = f"The org does not let our user write {len(names)} fields of {kind.name}: {', '.join(sorted(names))}."
    click = f"{_SET} → Object Settings → {kind.name}: tick Edit Access of the fields. {_ASSIGNED}"
    remedy = f"{deploy(tenant_id, 'base')}, then {click}"
    impact = (
        "Records are written without them: reports miss times, attempts and teams, and lists miss what needs a person."
    )
    return soon_finding("write_request.optional", problem, remedy, impact)


def _blocked(
    inspector: MappingInspector,
    entry: str,
    kind: ObjectDescription,
    names: Sequence[str],
    impact: str,
    *,
    creates: bool = False,
) -> Finding | None:
    """Return one finding where our user lacks the object as a whole, in place of the same one for every field."""
    inspector.looked_at += 1
    if not kind.updateable or (creates and not kind.createable):
        problem = f"Our user may not {'create and edit' if creates else 'edit'} {kind.name}."
        remedy = (
            f"{_SET} → Object Settings → {kind.name}: tick Read{', Create' if creates else ''} and Edit. {_ASSIGNED}"
        )
        return wrong_finding(entry, problem, remedy, impact)
    if names and not any(map(kind.field, names)):
        problem = f"The org shows our user none of the {len(names)} fields of {kind.name} that we write."
        return wrong_finding(entry, problem, f"Deploy the Salesforce project. {_ASSIGNED}", impact)
    return None


def _external_id(inspector: MappingInspector, kind: ObjectDescription) -> Iterator[Finding]:
    inspector.looked_at += 1
    # Request records are upserted by this field, so that a repeated write finds the record of the first.
    name = inspector.mapping.request_external_id
    found = kind.field(name)
    if found is None or not found.external_id or not found.unique:
        state = "is missing" if found is None else "is not a unique external id"
        remedy = f"Deploy {name} as the Salesforce project has it: external id, unique, case sensitive."
        yield wrong_finding("request_external_id", f"{kind.name}.{name} {state}.", remedy, _NOT_RECORDED)


def _write(
    inspector: MappingInspector,
    entry: str,
    kind: ObjectDescription,
    name: str,
    need: FieldRequirement,
    impact: str,
    *,
    creates: bool = False,
) -> Iterator[Finding]:
    inspector.looked_at += 1
    found, where = kind.field(name), f"{kind.name}.{name}"
    if found is None:
        place = f"{_SET} → Object Settings → {kind.name}"
        remedy = f"Deploy the field and let our user edit it ({place}), or correct {entry} in the mapping."
        yield wrong_finding(entry, f"The org shows our user no field {where}.", remedy, impact)
    elif not found.updateable or (creates and not found.createable):
        remedy = f"{_SET} → Object Settings → {kind.name}: tick Edit Access of the field. A formula or roll-up cannot be written."
        yield wrong_finding(entry, f"Our user may not edit {where}.", remedy, impact)
    elif unmet := unmet_requirement(need, found):
        place = f"Setup → Object Manager → {kind.name} → Fields & Relationships → {name}"
        yield wrong_finding(entry, f"{where} {unmet}.", f"{place}: change it, or map {entry} to another.", impact)
    elif currency := lost_digits(need, found, inspector.tenant.configuration):
        problem = f"{where} has {found.scale} decimal places, fewer than {currency}."
        yield soon_finding(
            entry, problem, "Give the field as many decimal places as the currency has.", "Amounts are rounded there."
        )
    elif lacking := missing_words(need, found):
        problem = f"{where} does not list {', '.join(lacking)}."
        yield soon_finding(
            entry,
            problem,
            f"Setup → Object Manager → {kind.name} → Fields & Relationships → {name}: add the values.",
            "They are written, but lists and reports do not offer them.",
        )


def _version(inspector: MappingInspector, entry: str, name: str | None, kind: ObjectDescription) -> Iterator[Finding]:
    """Check the version field and its validation rule, which refuses a write that is older than the record."""
    if name is None:
        yield wrong_finding(
            entry, f"No version is written to {kind.name}.", f"Map {entry} to a number field.", _OLD_NEWS
        )
        return
    active = inspector.active_rules
    if active is not None and kind.name not in active:
        remedy = f"Deploy and activate the validation rule {VERSION_RULE} of {kind.name}."
        yield wrong_finding(
            f"{entry}.rule", f"{kind.name} has no active validation rule {VERSION_RULE}.", remedy, _OLD_NEWS
        )
    # The push recognises "already newer" by a token in the rule's message, because the message may be translated.
    elif active is not None and not has_token(active[kind.name]):
        yield soon_finding(
            f"{entry}.rule",
            f"The validation rule {VERSION_RULE} of {kind.name} is of an older version, or its message was changed: the token "
            f"{VERSION_TOKEN} is missing.",
            f"Deploy the validation rule of {kind.name} again. If you translate its message, keep the token.",
            "When a late call is refused as older, the order may be listed as refused although Salesforce has newer news.",
        )
