"""The complete document: valid, whole, explained, the same every time."""

from __future__ import annotations

import configparser
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import Any

import jsonschema_rs
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

import connector
from connector.errors import ErrorCode, ServiceError
from connector.web.openapi import external_services
from connector.web.openapi.document import ENDPOINTS, build
from connector.web.openapi.parts.codes import CODES, ELSEWHERE
from connector.web.openapi.parts.field_docs import FIELD_DOCS, doc_of
from connector.web.openapi.parts.operation import Body, Endpoint

ROOT = Path(__file__).resolve().parents[3]
ADDRESS = "https://c2p.acme.example"
DOCUMENT = build(ADDRESS)
SCHEMAS: dict[str, dict[str, Any]] = DOCUMENT["components"]["schemas"]
WITH_EXAMPLES = [door for door in ENDPOINTS if isinstance(door.body, Body) and door.body.examples]


# An error class is known once its module is imported, and which of them other tests have imported is by chance. So all
# modules of the connector are, and the payment core's errors, whose API has a document of its own, are left out.
for one in walk_packages(connector.__path__, "connector."):
    if not one.name.startswith("connector.store.migrations"):
        import_module(one.name)


def every_error(kind: type[ServiceError] = ServiceError) -> Iterator[type[ServiceError]]:
    if not kind.__module__.startswith("payment_core."):
        yield kind
    for deeper in kind.__subclasses__():
        yield from every_error(deeper)


def properties() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for schema, told in SCHEMAS.items():
        for name, one in told["properties"].items():
            yield schema, name, one


def checked(schema: dict[str, Any], value: Any) -> list[str]:
    validator = jsonschema_rs.Draft202012Validator(
        {**schema, "components": DOCUMENT["components"]}, validate_formats=True
    )  # fmt: skip
    return [str(fault) for fault in validator.iter_errors(value)]


def test_is_valid_openapi() -> None:
    assert DOCUMENT["openapi"] == "3.1.0"
    assert [fault.message for fault in OpenAPIV31SpecValidator(DOCUMENT).iter_errors()] == []


def test_has_the_version_of_the_package() -> None:
    package = configparser.ConfigParser()
    package.read(ROOT / "setup.cfg")
    assert DOCUMENT["info"]["version"] == package["metadata"]["version"]


def test_both_documents_are_the_same_in_every_process() -> None:
    code = "import json; from connector.web.openapi import document, external_services as slim\n"
    code += f"print(*[json.dumps(one.build('{ADDRESS}')) for one in (document, slim)], sep='\\n')"
    texts = {
        subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": seed}, cwd=ROOT, text=True,
            capture_output=True, check=True,
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    (text,) = texts
    assert [json.loads(line)["openapi"][0] for line in text.splitlines()] == ["3", "3"]


def test_costs_a_process_that_nobody_asks_nothing() -> None:
    code = "import sys, connector.app; print([name for name in sys.modules if name.startswith(('apispec', 'yaml'))])"
    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, text=True, capture_output=True, check=True).stdout
    assert told.strip() == "[]"


def test_names_every_operation_once() -> None:
    names = [door.name for door in ENDPOINTS]
    assert len(names) == len(set(names))


def test_explains_every_error_code_or_says_why_no_door_answers_it() -> None:
    assert set(CODES) | set(ELSEWHERE) == set(ErrorCode)
    assert not set(CODES) & set(ELSEWHERE)
    answered = {code for door in ENDPOINTS for code in door.refuses} | {ErrorCode.INTERNAL}
    assert set(CODES) - answered == set()


@pytest.mark.parametrize("kind", list(every_error()), ids=lambda kind: kind.__name__)
def test_gives_an_error_code_the_status_of_its_class(kind: type[ServiceError]) -> None:
    if kind.code in CODES and kind.__name__ not in (
        "LaunchRefused",
        "OrderDeleted",
        "Conflict",
        "ServiceError",
        "CallerError",
        "UpstreamError",
    ):
        assert CODES[ErrorCode(kind.code)].status == kind.status
        assert CODES[ErrorCode(kind.code)].retryable == kind.retryable


@pytest.mark.parametrize("code", list(CODES))
def test_shows_each_error_by_a_body_that_fits(code: ErrorCode) -> None:
    example = DOCUMENT["components"]["examples"][code.value]["value"]
    assert checked({"$ref": "#/components/schemas/ErrorBody"}, example) == []
    assert example["error"]["code"] == code


def test_explains_every_field() -> None:
    assert [f"{schema}.{name}" for schema, name, one in properties() if "description" not in one] == []


def test_explains_no_field_that_is_not_there() -> None:
    slim = external_services.build(ADDRESS)["components"]["schemas"]
    told = [(schema, name) for one in (SCHEMAS, slim) for schema, found in one.items() for name in found["properties"]]
    used = {id(doc_of(schema, name)) for schema, name in told}
    assert [name for name, word in FIELD_DOCS.items() if id(word) not in used] == []


def test_gives_examples_that_fit_their_field() -> None:
    wrong = [
        f"{schema}.{name}"
        for schema, name, one in properties()
        for example in one.get("examples", ())
        if checked(one, example)
    ]
    assert wrong == []


@pytest.mark.parametrize("door", WITH_EXAMPLES, ids=lambda door: door.name)
def test_gives_bodies_that_a_door_would_take_as_they_stand(door: Endpoint) -> None:
    assert isinstance(door.body, Body)
    shown = DOCUMENT["paths"][door.path][door.method]["requestBody"]["content"]["application/json"]
    for example in shown["examples"].values():
        assert checked(shown["schema"], example["value"]) == []
        assert any(schema.validate(dict(example["value"])) == {} for schema in door.body.shapes)


def test_closes_every_object_that_is_ours() -> None:
    assert [name for name, schema in SCHEMAS.items() if schema.get("additionalProperties") is not False] == []


def test_holds_no_pattern_that_only_python_reads() -> None:
    text = json.dumps(DOCUMENT)
    assert "\\\\Z" not in text
    assert "(?P<" not in text
