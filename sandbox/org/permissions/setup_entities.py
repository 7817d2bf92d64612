"""What permission sets open besides objects and fields: custom metadata types and principals of external credentials."""

from pathlib import Path

from sandbox.org.metadata.objects import Metadata
from sandbox.org.metadata.source_format import element_text, read_xml
from sandbox.org.records.lifecycle import load_row
from sandbox.org.records.store import RecordStore, Row
from sandbox.org.wire.ids import canonical_id, make_id

# The principals of each external credential with their ids, by names.
CREDENTIALS = "external_credentials"
# What kind SetupEntityAccess calls each.
METADATA_TYPE, PRINCIPAL = "CustomEntityDefinition", "ExternalCredentialParameter"
# [A] The prefix of a principal's id is documented nowhere.
_PRINCIPAL_PREFIX, _ENTITY_PREFIX = "0xQ", "01I"
_NAMESPACE = "{http://soap.sforce.com/2006/04/metadata}"


def load_metadata_type(name: str, *, records: RecordStore, metadata: Metadata, user_id: str) -> None:
    """Keep the definition of a deployed custom metadata type, with its id."""
    rows = records.rows("EntityDefinition")
    if not any(row["QualifiedApiName"] == name for row in rows):
        values = {"QualifiedApiName": name, "DurableId": make_id(_ENTITY_PREFIX, len(rows) + 1)[:15]}
        load_row(records, metadata, object_name="EntityDefinition", values=values, user_id=user_id)


def load_credential(path: Path, *, records: RecordStore) -> None:
    """Keep the principals of a deployed external credential; those that are there keep their ids."""
    known = dict(records.setting(CREDENTIALS) or {})
    name = path.name.partition(".")[0]
    mine = dict(known.get(name) or {})
    number = sum(len(principals) for principals in known.values())
    for one in read_xml(path).iterfind(f"{_NAMESPACE}externalCredentialParameters"):
        principal = element_text(one, "parameterName")
        if element_text(one, "parameterType") == "NamedPrincipal" and principal not in mine:
            number += 1
            mine[principal] = make_id(_PRINCIPAL_PREFIX, number)
    records.save_setting(CREDENTIALS, known | {name: mine})


def find_metadata_types(names: tuple[str, ...], *, records: RecordStore) -> list[Row]:
    """Return what SetupEntityAccess points at for custom metadata types."""
    rows = [row for row in records.rows("EntityDefinition") if row["QualifiedApiName"] in names and row["DurableId"]]
    return [{"Id": canonical_id(row["DurableId"])} for row in rows]


def find_principals(names: tuple[str, ...], *, records: RecordStore) -> list[Row]:
    """Return what SetupEntityAccess points at for principals, which a set names as `Credential-Principal`."""
    known = {
        f"{credential}-{name}": record_id
        for credential, principals in (records.setting(CREDENTIALS) or {}).items()
        for name, record_id in principals.items()
    }
    return [{"Id": known[name]} for name in names if name in known]
