"""The files of the package directory `panel`, held against each other, against `base`, and against the connector."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

import manifests
from connector.languages.catalogues import catalogue, languages
from connector.web.callers.bearer import LAUNCH_HEADER
from connector.web.callers.org_check import ORG_HEADER
from tools import copy_page_rules, write_panel_sentences

PROJECT = Path(manifests.__file__).parent / "salesforce"
PANEL, BASE = (PROJECT / f"{name}/main/default" for name in ("panel", "base"))
NS = "{http://soap.sforce.com/2006/04/metadata}"
CLASSES = sorted((PANEL / "classes").glob("*.cls"))
TESTS = [path for path in CLASSES if "@IsTest" in path.read_text()]
OWN = [path for path in CLASSES if path not in TESTS]


def root(path: Path) -> ElementTree.Element:
    return ElementTree.parse(path).getroot()


def values(path: Path, tag: str) -> list[str]:
    return [one.text or "" for one in root(path).iter(NS + tag)]


def source(name: str) -> str:
    return (PANEL / f"classes/{name}.cls").read_text("utf-8")


# Sentences


def test_the_static_resources_hold_the_connectors_sentences() -> None:
    texts = write_panel_sentences.texts()
    assert {path: path.read_text("utf-8") for path in texts} == texts, "run: python -m tools.write_panel_sentences"


def test_the_panel_loads_every_languages_resource() -> None:
    text = (PANEL / "lwc/chat2payServer/languages.js").read_text("utf-8")
    imported = dict(re.findall(r"import (\w+) from '@salesforce/resourceUrl/(\w+)'", text))
    listed = dict(re.findall(r"^  (\w+): (\w+),$", text, re.MULTILINE))
    assert {one: imported[name] for one, name in listed.items()} == {
        one: write_panel_sentences.name_of(one) for one in languages()
    }


def test_what_apex_says_is_what_the_catalogue_says() -> None:
    text = source("Chat2PaySentences")
    codes = dict(re.findall(r"String (\w+) = '(\w+)';", text))
    said = {f"panel_{codes[name]}": sentence for name, sentence in re.findall(r"(\w+) => '(.+)'", text)}
    # That the sentences could not be loaded is said by the component, without Apex.
    assert said | {"panel_not_loaded": catalogue("en", "panel")["panel_not_loaded"]} == catalogue("en", "panel")
    assert len(said) == len(codes)


def test_the_panels_sentences_take_no_id_of_the_pages() -> None:
    assert not set(manifests.load("sentences/panel/en.json")) & set(manifests.load("sentences/en.json"))


# Apex


@pytest.mark.parametrize("path", CLASSES, ids=lambda path: path.stem)
def test_a_class_has_its_meta_file_of_our_version_and_its_sharing(path: Path) -> None:
    assert re.match("Chat2Pay|PaymentCanvas", path.stem)
    assert values(path.with_name(f"{path.name}-meta.xml"), "apiVersion") == ["67.0"]
    (declared,) = re.findall(rf"^(.*)class {path.stem}\b", path.read_text(), re.MULTILINE)
    assert "with sharing" in declared or path in TESTS


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.stem)
def test_a_query_is_made_in_user_mode_of_fields_that_base_ships(path: Path) -> None:
    for query in re.findall(r"\[\s*(SELECT[^\]]+)\]", path.read_text()):
        assert "WITH USER_MODE" in query
        (kind,) = re.findall(r"FROM (\w+)", query)
        fields = set(re.findall(r"\w+__c", query)) - {kind}
        shipped = BASE / f"objects/{kind}/fields"
        assert fields <= ({one.name.partition(".")[0] for one in shipped.iterdir()} if shipped.is_dir() else set())


def test_no_parameter_names_a_user_a_currency_or_a_total() -> None:
    text = source("Chat2PayPanelController")
    methods = re.findall(r"@AuraEnabled\s+public static \w+ (\w+)\(([^)]*)\)", text)
    assert text.count("@AuraEnabled") == len(methods) == 16
    named = {one.split()[-1] for _, parameters in methods for one in parameters.split(", ")}
    assert named == {
        "orderId",
        "phone",
        "command",
        "idempotencyKey",
        "reference",
        "channel",
        "amount",
        "reason",
        "text",
        "version",
    }
    asked = set(re.findall(r"public \w+ (\w+) \{ get; set; \}", source("Chat2PaySendCommand")))
    assert asked == {"channel", "phone", "phoneConfirmed", "purpose", "amount", "customerAgreed", "seen"}


def test_every_callout_follows_the_orders_check_and_the_orgs() -> None:
    controller, connector = source("Chat2PayPanelController"), source("Chat2PayConnector")
    # The one way to a launch, and without a launch there is no other call.
    assert controller.count("Chat2PayConnector.open(") == 1
    assert "Chat2PayConnector.open(Chat2PayOrders.visible(orderId).Id)" in controller
    assert connector.index("Chat2PayOrgGuard.check()") < connector.index("call(prepared(body")
    assert len(re.findall(r"new Http\(\)", "".join(path.read_text() for path in OWN))) == 1


def test_the_headers_are_the_connectors() -> None:
    named = set(re.findall(r"setHeader\('([^']+)'", source("Chat2PayConnector")))
    assert {ORG_HEADER, LAUNCH_HEADER, "Idempotency-Key"} <= named
    assert "Authorization" not in named


def test_the_token_stays_in_the_transaction() -> None:
    answers = source("Chat2PayAnswer") + source("Chat2PayException")
    assert "token" not in answers
    assert not re.search(r"System\.debug|Cache\.|insert |update ", "".join(path.read_text() for path in OWN))


def test_the_lifecycle_class_sets_what_the_connector_reads() -> None:
    text = source("PaymentCanvasLifecycle")
    assert dict(re.findall(r"String (\w+) = '(\w+)';", text)) == {"ORDER_ID": "orderId", "LAUNCHED_AT": "launchedAt"}
    assert "implements Canvas.CanvasLifecycleHandler" in text


# Credentials and rights


def test_the_credentials_hold_no_key_and_point_at_each_other() -> None:
    named = PANEL / "namedCredentials/Chat2Pay_Panel.namedCredential-meta.xml"
    external = PANEL / "externalCredentials/Chat2Pay_Panel.externalCredential-meta.xml"
    assert values(named, "externalCredential") == ["Chat2Pay_Panel"]
    assert "'callout:Chat2Pay_Panel'" in source("Chat2PayConnector")
    assert values(named, "allowMergeFieldsInBody") == values(named, "allowMergeFieldsInHeader") == ["false"]
    assert values(external, "authenticationProtocol") == ["Custom"]
    assert values(external, "parameterValue") == ["{!'Bearer ' & $Credential.Chat2Pay_Panel.Key}"]


def test_the_set_gives_what_the_panel_needs_and_what_that_depends_on() -> None:
    path = PANEL / "permissionsets/Chat2Pay_Agent_Panel.permissionset-meta.xml"
    given = root(path)
    rights = {
        one.findtext(f"{NS}object"): {right.tag.removeprefix(NS) for right in one if right.text == "true"}
        for one in given.iter(f"{NS}objectPermissions")
    }
    # Read on Order depends on read on Account.
    assert rights == {name: {"allowRead"} for name in ("Account", "Order", "UserExternalCredential")}
    # What Lightning calls by itself; the rest is called by these two.
    called = [path.stem for path in OWN if "@AuraEnabled\n  public static" in path.read_text()]
    assert values(path, "apexClass") == [*called, "PaymentCanvasLifecycle"]
    external = PANEL / "externalCredentials/Chat2Pay_Panel.externalCredential-meta.xml"
    (principal,) = [
        one.findtext(f"{NS}parameterName")
        for one in root(external).iter(f"{NS}externalCredentialParameters")
        if one.findtext(f"{NS}parameterType") == "NamedPrincipal"
    ]
    assert values(path, "externalCredentialPrincipal") == [f"Chat2Pay_Panel-{principal}"]
    assert values(path, "field") == ["Order.Chat2Pay_Version__c"]
    assert not values(path, "license")


def test_the_panel_is_a_directory_of_the_project() -> None:
    project = json.loads((PROJECT / "sfdx-project.json").read_text())
    assert [one["path"] for one in project["packageDirectories"]][:2] == ["base", "panel"]


def test_the_panel_holds_the_rules_of_the_page() -> None:
    copied = {path.name: path.read_text("utf-8") for path in copy_page_rules.COMPONENT.glob("*.js")}
    del copied["chat2payRules.js"]
    assert copied == copy_page_rules.texts(), "run: python -m tools.copy_page_rules"


def test_every_sentence_that_a_component_names_is_in_the_catalogue() -> None:
    known = set(json.loads((write_panel_sentences.RESOURCES / "Chat2Pay_Sentences.json").read_text("utf-8")))
    named = set()
    for path in (PANEL / "lwc").glob("chat2pay*/*.js"):
        named |= set(re.findall(r"(?:text\(|id: |(?<!Set\()\[)'(\w+_\w+)'", path.read_text("utf-8")))
    assert len(named) > 40
    assert named <= known, named - known
