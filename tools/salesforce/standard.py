"""The standard objects and their fields, as far as the Apex language server's jar knows them."""

from __future__ import annotations

import zipfile
from functools import cache

from tools.salesforce.project import MODULES

JARS = MODULES / "@salesforce/code-analyzer-pmd-engine/dist/java-lib"
_PLACE = "com/nawforce/runforce/SObjects/"
# https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_userexternalcredential.htm
# https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_ordersummary.htm
# https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_orderpaymentsummary.htm
_UNKNOWN_TO_IT = {"OrderPaymentSummary", "OrderSummary", "UserExternalCredential"}
# https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_payment.htm
_FIELDS_UNKNOWN_TO_IT = {("Payment", "OrderPaymentSummaryId")}
# Rights name an address as a whole, which the jar knows by its parts.
_COMPOUND = {"BillingAddress", "ShippingAddress", "MailingAddress", "OtherAddress"}


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
    if field in _COMPOUND or (object_name, field) in _FIELDS_UNKNOWN_TO_IT:
        return True
    return field.encode() in _described().get(object_name, b"")
