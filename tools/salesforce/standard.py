"""The standard objects and their fields, as far as the Apex language server's jar describes them."""

from __future__ import annotations

import re
import zipfile
from functools import cache

from tools.salesforce.class_files import read_fields
from tools.salesforce.project import MODULES

JARS = MODULES / "@salesforce/code-analyzer-pmd-engine/dist/java-lib"
_PLACE = "com/nawforce/runforce/SObjects/"
# https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_userexternalcredential.htm
# https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_ordersummary.htm
# https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_orderpaymentsummary.htm
_UNKNOWN_TO_IT = {"OrderPaymentSummary", "OrderSummary", "UserExternalCredential"}
# https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_payment.htm
_FIELDS_UNKNOWN_TO_IT = {("Payment", "OrderPaymentSummaryId")}
_CALLED = re.compile(r"(\[?)Lcom/nawforce/runforce/(?:SObjects|System)/(\w+);")
_VALUES_OF_SEVERAL = {"Address", "Location"}


@cache
def _described() -> dict[str, bytes]:
    (jar,) = JARS.glob("sobject-types-*.jar")
    with zipfile.ZipFile(jar) as opened:
        names = [one for one in opened.namelist() if one.startswith(_PLACE) and one.endswith(".class")]
        return {one.removeprefix(_PLACE).removesuffix(".class"): opened.read(one) for one in names}


def is_object(name: str) -> bool:
    """Return whether Salesforce has this object in some org."""
    return name in _UNKNOWN_TO_IT or name in _described()


def is_field(object_name: str, field: str) -> bool:
    """Return whether a standard object has this field in some org."""
    if (object_name, field) in _FIELDS_UNKNOWN_TO_IT:
        return True
    many, called = _called(object_name, field)
    return called is not None and not many and not _leads_on(called)


def parent_of(object_name: str, relationship: str) -> str | None:
    """Return the object that a relationship of a standard object leads to; None where there is no such relationship."""
    many, called = _called(object_name, relationship)
    return called if called is not None and not many and _leads_on(called) else None


def child_of(object_name: str, relationship: str) -> str | None:
    """Return the object of a subquery over a relationship of a standard object; None where there is no such relationship."""
    many, called = _called(object_name, relationship)
    return called if many else None


def _called(object_name: str, name: str) -> tuple[bool, str | None]:
    """Return whether a field holds many records, and what its type is called."""
    found = _CALLED.fullmatch(_fields(object_name).get(name, ""))
    return (bool(found[1]), found[2]) if found else (False, None)


def _leads_on(called: str) -> bool:
    # A reference to several objects is an SObject, and has the fields of Name.
    return called == "SObject" or (is_object(called) and called not in _VALUES_OF_SEVERAL)


@cache
def _fields(object_name: str) -> dict[str, str]:
    described = _described().get(object_name)
    return read_fields(described) if described else {}
