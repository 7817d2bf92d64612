"""Check a mapping against its org's own description: what would fail to be read or written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from connector.domain.health.finding import Finding, Level
from connector.domain.tenants.mapping import ConsentRule, Mapping, PayableRule
from connector.domain.tenants.tenant import Tenant
from connector.journeys.mapping.check_mapping_lines import check_mapping_lines
from connector.journeys.mapping.check_mapping_writes import check_mapping_writes
from connector.salesforce.client import SalesforceClient
from connector.salesforce.inspection.mapping_inspector import CHECK, MappingInspector, soon_finding, wrong_finding
from connector.salesforce.metadata.describe import ObjectDescription, has_field
from connector.salesforce.metadata.field_requirements import (
    READ_AMOUNT,
    READ_ANY,
    READ_PHONE,
    READ_TEXT,
    FieldRequirement,
    missing_words,
    unmet_requirement,
)
from connector.store.tenants.mappings import build_mapping
from manifests.core_hosts import is_vendors_core

_GUESSED_COUNTRY = "Numbers without a country code are read as of the tenant's region, and agents are asked more often."
_MOST_NAMED = 6
_NOT_READ = "Orders cannot be read, so no payment can be asked for."


def check_mapping(*, tenant: Tenant, salesforce: SalesforceClient) -> list[Finding]:
    """Return what the mapping would fail on in its org, or one ``fine`` finding where nothing would.

    Raises:
        SalesforceUnavailable, SalesforceRefused, TenantProblem: the org could not be described.
    """
    inspector = MappingInspector(tenant, salesforce)
    orders = inspector.described(tenant.mapping.order_object)
    if orders is None:
        found = [inspector.no_object(tenant.mapping.order_object, "order_object")]
    else:
        found = [*_reads(inspector, orders), *check_mapping_writes(inspector, orders)]
    # "So many entries fit" beside what is wrong would read like an all-clear.
    if any(one.level is Level.WRONG for one in found):
        return found
    objects = f"{tenant.mapping.order_object} and {tenant.mapping.request_object}"
    summary = f"{inspector.looked_at} entries of the mapping fit {objects}."
    return [Finding(CHECK, Level.FINE, summary), *found]


def _reads(inspector: MappingInspector, orders: ObjectDescription) -> Iterator[Finding]:
    for entry, path, need in _read_entries(inspector.tenant):
        # An entry that its admin has switched off is read by nobody.
        if path is None:
            continue
        found = inspector.follow(entry, path, _NOT_READ)
        if isinstance(found, Finding):
            yield found
        elif unmet := unmet_requirement(need, found):
            yield wrong_finding(entry, f"{path} {unmet}.", f"Map {entry} to a field that is {need.kind}.", _NOT_READ)
    yield from _currency(inspector, orders)
    yield from _own_totals(inspector.mapping, orders)
    yield from _phones(inspector)
    yield from _countries(inspector)
    yield from check_mapping_lines(inspector)
    for number, rule in enumerate(inspector.mapping.payable):
        yield from _payable(inspector, f"payable.{number}.field", rule)
    for channel, consent in inspector.mapping.consents.items():
        yield from _consent(inspector, channel, consent)


def _read_entries(tenant: Tenant) -> Iterator[tuple[str, str | None, FieldRequirement]]:
    """Yield (entry, path, requirement) of everything that an order's query reads, apart from rules."""
    mapping = tenant.mapping
    yield "read.number", mapping.number, READ_TEXT
    yield "read.account", mapping.account, READ_ANY
    yield "original", mapping.original, READ_ANY
    if not is_vendors_core(tenant.core.base_url) or any(rule.asks_for_contact for rule in mapping.consents.values()):
        yield "read.contact", mapping.contact, READ_ANY
    yield "read.currency", mapping.currency, READ_TEXT
    for number, path in enumerate(mapping.phones):
        yield f"read.phones.{number}", path, READ_PHONE
    for profile in mapping.profiles:
        for name in ("total", "tax", "sub_total"):
            yield f"read.profiles.{profile.name}.{name}", getattr(profile, name), READ_AMOUNT
        yield f"read.profiles.{profile.name}.currency", profile.currency, READ_TEXT
    yield "read.language.field", mapping.languages.field, READ_TEXT


def _currency(inspector: MappingInspector, orders: ObjectDescription) -> Iterator[Finding]:
    """Require the currency field to be read in an org with several currencies."""
    mapping = inspector.mapping
    # Salesforce adds CurrencyIsoCode to every object once an org has several currencies.
    has_own = orders.field("CurrencyIsoCode") is not None
    if has_own and mapping.currency is None and any(profile.currency is None for profile in mapping.profiles):
        yield wrong_finding(
            "read.currency",
            "This org has several currencies, and the mapping reads no order's own.",
            "Set read.currency to CurrencyIsoCode.",
            f"An order in another currency would be asked for in {inspector.tenant.default_currency}.",
        )


def _own_totals(mapping: Mapping, orders: ObjectDescription) -> Iterator[Finding]:
    """Which of an org's own amounts is the total is for its admin to say: they are named, never guessed at."""
    if any(profile.tax for profile in mapping.profiles):
        return
    ours = set(mapping.write_order.values())
    amounts = (one.name for one in orders.fields.values() if one.type == "currency" and one.name.endswith("__c"))
    named = sorted(set(amounts) - ours)[:_MOST_NAMED]
    if named:
        totals = ", ".join(profile.total for profile in mapping.profiles)
        sentence = (
            f"Totals are read from {totals}, without tax. {mapping.order_object} has amounts of the org's own: "
            f"{', '.join(named)}. Where they say what customers pay, name them in read.profiles."
        )
        yield Finding(CHECK, Level.FINE, sentence, subject="read.profiles")


def _phones(inspector: MappingInspector) -> Iterator[Finding]:
    accounts = inspector.known.get("Account")
    person = accounts.field("PersonMobilePhone") if accounts else None
    if person and not any(path.startswith("Account.Person") for path in inspector.mapping.phones):
        yield soon_finding(
            "read.phones",
            "This org has person accounts, and their mobile number is not read.",
            "Add Account.PersonMobilePhone to read.phones.",
            "Agents type the number of customers who are persons.",
        )


def _countries(inspector: MappingInspector) -> Iterator[Finding]:
    """Check the fields of an order's country: those that an admin named, and that at least one is visible."""
    mapping = inspector.mapping
    default = build_mapping({"order_object": mapping.order_object}).countries
    visible = [path for path in mapping.countries if has_field(path, mapping.order_object, inspector.described)]
    for number, path in enumerate(mapping.countries):
        # The default lists alternatives of which an org has some; only a field that an admin named is missing by mistake.
        if path in visible or path not in default:
            found = inspector.follow(f"read.country.{number}", path, _GUESSED_COUNTRY)
            if isinstance(found, Finding):
                yield replace(found, level=Level.SOON)
    if mapping.countries and not visible:
        yield soon_finding(
            "read.country",
            "Our user sees no field that tells an order's country.",
            "Let the integration user and the agents read the billing country of orders, or name another field in read.country.",
            _GUESSED_COUNTRY,
        )


def _payable(inspector: MappingInspector, entry: str, rule: PayableRule) -> Iterator[Finding]:
    found = inspector.follow(entry, rule.field, _NOT_READ)
    if isinstance(found, Finding):
        yield found
        return
    if rule.none_of and missing_words(FieldRequirement(READ_TEXT.kind, words=rule.none_of), found) == list(
        rule.none_of
    ):
        problem = f"{rule.field} is never {' or '.join(rule.none_of)} in this org, so this rule keeps no order from being paid."
        yield Finding(CHECK, Level.FINE, problem, subject=entry.replace("field", "none_of"))
    lacking = missing_words(FieldRequirement(READ_TEXT.kind, words=rule.one_of), found)
    if lacking:
        level = Level.WRONG if len(lacking) == len(rule.one_of) else Level.SOON
        yield Finding(
            CHECK,
            level,
            f"{rule.field} is never {' or '.join(lacking)} in this org, and only such orders may be asked for money.",
            f"Correct {entry.removesuffix('field')}one_of in the mapping.",
            "No payment can be asked for." if level is Level.WRONG else "Fewer orders than you mean may be paid.",
            entry,
        )


def _consent(inspector: MappingInspector, channel: str, rule: ConsentRule) -> Iterator[Finding]:
    if rule.field is None:
        return
    entry = f"consents.{channel}.field"
    found = inspector.follow(entry, rule.field, _NOT_READ)
    if isinstance(found, Finding):
        yield found
        return
    words = [*rule.yes, *rule.no]
    known = {"true", "false"} if found.type == "boolean" else set(found.values)
    # Only checkboxes and picklists have a known set of values.
    lacking = [word for word in words if word not in known] if found.type in ("boolean", "picklist") else []
    if lacking:
        problem = f"{rule.field} is never {' or '.join(lacking)} in this org."
        remedy = f"Write the values of consents.{channel} as {rule.field} has them: {', '.join(sorted(known))}."
        yield soon_finding(entry, problem, remedy, "A customer's yes or no is taken for unknown.")
