"""Read the panel's Apex for what it sends and reads; refuses a shape of source that it does not know."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

PANEL = Path(__file__).parents[3] / "manifests/salesforce/panel/main/default"
_CLASS = re.compile(r"public class (\w+) extends Body \{(.*?)\n  \}", re.DOTALL)
_FIELD = re.compile(r"public (String|Boolean|Decimal|Integer) (\w+);")
_PATH = re.compile(r"return '([^']+)';")
_HEADER = re.compile(r"setHeader\('([^']+)', (.+)\);")
_ASSIGNED = re.compile(r"    body\.(\w+) = (.+);")
_READ = re.compile(r"(\w+) = \([^;]+?\) answer\.get\('(\w+)'\)")
_CONTENT = re.compile(r"public String (\w+)\(\) \{\s*return \(String\) content\.get\('(\w+)'\);")


@dataclass(frozen=True)
class BodyShape:
    """One body class: its path, and its fields with their types."""

    path: str
    fields: dict[str, str]


def source(name: str) -> str:
    """Return the text of one class."""
    return (PANEL / f"classes/{name}.cls").read_text("utf-8")


@cache
def bodies() -> dict[str, BodyShape]:
    """Return every body by the name of its class."""
    found = {}
    for name, text in _CLASS.findall(source("Chat2PayBodies")):
        (path,) = _PATH.findall(text)
        found[name] = BodyShape(path, {field: kind for kind, field in _FIELD.findall(text)})
    assert len(found) == source("Chat2PayBodies").count("extends Body")
    return found


@cache
def headers() -> dict[str, str]:
    """Return every header that Apex sets, with the expression of its value."""
    return dict(_HEADER.findall(source("Chat2PayConnector")))


@cache
def method() -> str:
    """Return the HTTP method; one for all calls."""
    (found,) = re.findall(r"setMethod\('(\w+)'\)", source("Chat2PayConnector"))
    return str(found)


def mapped_fields(name: str) -> dict[str, str]:
    """Return what a method of Chat2PaySendMapper puts into each field of the body, as expressions."""
    text = source("Chat2PaySendMapper")
    start = text.index(f" {name}(")
    return dict(_ASSIGNED.findall(text[start : text.index("return body;", start)]))


@cache
def launch_keys() -> dict[str, str]:
    """Return the JSON key behind each field and method of Chat2PayLaunch."""
    text = source("Chat2PayLaunch")
    return dict(_READ.findall(text)) | dict(_CONTENT.findall(text))


@cache
def acted_keys() -> set[str]:
    """Return the JSON keys that an answer to an action is read by."""
    return set(re.findall(r"reply\.body\.get\('(\w+)'\)", source("Chat2PayAnswer")))


@cache
def problem_keys() -> list[str]:
    """Return the JSON keys of an error that the panel is shown."""
    (listed,) = re.findall(r"List<String>\{([^}]+)\}", source("Chat2PayException"))
    return re.findall(r"'(\w+)'", listed)


@cache
def credential() -> tuple[str, str]:
    """Return the header that the External Credential adds, and the word before the key."""
    space = "{http://soap.sforce.com/2006/04/metadata}"
    tree = ElementTree.parse(PANEL / "externalCredentials/Chat2Pay_Panel.externalCredential-meta.xml")
    for one in tree.iter(f"{space}externalCredentialParameters"):
        if one.findtext(f"{space}parameterType") == "AuthHeader":
            formula = one.findtext(f"{space}parameterValue") or ""
            read = re.fullmatch(r"\{!'(\w+ )' & \$Credential\.Chat2Pay_Panel\.Key\}", formula)
            assert read, formula
            return one.findtext(f"{space}parameterName") or "", read[1]
    raise AssertionError("no header")
