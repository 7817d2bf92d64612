"""Gate: nothing of the customer's is overwritten, no secret is in a file, and no name of a person or an org."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tools.salesforce.project import MetadataFile, Project, tag, text

# Fields that a customer may have under the same name; they were ours once.
_CUSTOMERS = {"Order.Tax__c", "Order.Grand_Total__c", "Order.Sub_Total__c", "Order.Currency__c"}
_CUSTOMERS_FOLDERS = {"layouts", "profiles", "settings", "extlClntAppGlobalOauthSets", "extlClntAppOauthSettings"}
_SECRETS = (
    (r"-----BEGIN [A-Z ]*(PRIVATE KEY|CERTIFICATE)", "a key or a certificate"),
    (
        r"<(consumerSecret|consumerKey|certificate|password|oauthToken|oauthRefreshToken)>",
        "what identifies one org's app",
    ),
    (r"<oauthLink>", "a link to another org's OAuth settings, which refuses the deploy"),
    (r"[\w.+-]+@(?!example\.(?:com|org|invalid)\b)[\w-]+\.[A-Za-z]{2,}\b", "an address of somebody"),
    (r"\b(?:login|test|\w[\w-]*\.my)\.salesforce\.com\b", "the host of an org"),
    (r"\b[0-9]{13,19}\b", "a number as long as a card's"),
)


def check(project: Project) -> list[str]:
    """Return what must never be shipped."""
    found = [f"{one}: {complaint}" for one in project.metadata for complaint in _file(one)]
    for _, path in project.files:
        source = project.read(path)
        found += [f"{path}: holds {what}" for pattern, what in _SECRETS if re.search(pattern, source)]
        if _CUSTOMERS_FOLDERS & set(path.parts[:-1]):
            found.append(f"{path}: {path.parts[-2]} are the customer's own")
    removals = sorted((project.root / "remove").rglob("*.xml"))
    found += [
        f"{path.relative_to(project.root)}: would delete {name}, a field of the customer's"
        for path in removals
        for name in sorted(_CUSTOMERS)
        if f"<members>{name}</members>" in path.read_text("utf-8")
    ]
    return found


def _file(one: MetadataFile) -> Iterator[str]:
    if one.kind == "CustomField" and one.name in _CUSTOMERS:
        yield f"{one.name} would change a field of the customer's"
    elements = {tag(element) for element in one.root.iter()}
    if one.kind == "CustomObject" and "actionOverrides" in elements:
        yield "overrides an action of the customer's pages"
    if one.kind == "Dashboard" and (text(one.root, "runningUser") or text(one.root, "dashboardType") == "LoggedInUser"):
        yield "runs as a user, or for each: the first is a name, the second an edition's limit"
    if one.kind == "CustomObject" and text(one.root, "label") and not one.name.endswith(("__c", "__e", "__mdt")):
        yield "would change a standard object itself"
