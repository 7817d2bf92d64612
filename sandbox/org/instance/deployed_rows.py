"""The rows that a deployment makes: permission sets, groups, queues, notification types and custom metadata."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from sandbox.org.metadata.objects import Metadata
from sandbox.org.metadata.source_format import element_text, element_texts, read_xml
from sandbox.org.permissions.permission_sets import Permissions
from sandbox.org.permissions.setup_entities import load_credential, load_metadata_type
from sandbox.org.permissions.source_format import read_permissions
from sandbox.org.records.lifecycle import load_row, parse_values
from sandbox.org.records.store import RecordStore, Row

_NAMESPACE = "{http://soap.sforce.com/2006/04/metadata}"


def deploy_rows(
    folders: Iterable[Path], *, records: RecordStore, metadata: Metadata, permissions: Permissions, user_id: str
) -> None:
    """Keep everything that the packages' folders bring beside objects and fields; inside a transaction."""
    for folder in folders:
        deployer = _Deployer(records, metadata, user_id)
        for path in sorted(folder.glob("classes/*.cls")):
            deployer.apex_class(path)
        for path in sorted(folder.glob("flows/*.flow-meta.xml")):
            deployer.flow(path)
        for path in sorted(folder.glob("objects/*__mdt")):
            load_metadata_type(path.name, records=records, metadata=metadata, user_id=user_id)
        for path in sorted(folder.glob("externalCredentials/*.externalCredential-meta.xml")):
            load_credential(path, records=records)
        # After classes, metadata types and credentials, which its rows name by their ids.
        permissions.load(read_permissions(folder), user_id=user_id)
        for path in sorted(folder.glob("groups/*.group-meta.xml")):
            deployer.group(path, kind="Regular")
        for path in sorted(folder.glob("queues/*.queue-meta.xml")):
            deployer.queue(path)
        for path in sorted(folder.glob("notificationtypes/*.notiftype-meta.xml")):
            deployer.notification_type(path)
        for path in sorted(folder.glob("customMetadata/*.md-meta.xml")):
            deployer.custom_metadata(path)


class _Deployer:
    def __init__(self, records: RecordStore, metadata: Metadata, user_id: str) -> None:
        self._records = records
        self._metadata = metadata
        self._user_id = user_id

    def group(self, path: Path, *, kind: str) -> Row:
        """Make the row of a public group or a queue."""
        root = read_xml(path)
        values = {
            "Name": element_text(root, "name"),
            "Type": kind,
            # Stored for whoever reads it; roles give nobody a membership here.
            "DoesIncludeBosses": element_text(root, "doesIncludeBosses") == "true",
            "Description": element_text(root, "description"),
        }
        return self._kept("Group", _name_of(path), values)

    def apex_class(self, path: Path) -> None:
        """Make the row of an Apex class."""
        if not any(row["Name"] == path.stem for row in self._records.rows("ApexClass")):
            self._new("ApexClass", {"Name": path.stem, "Status": "Active"})

    def flow(self, path: Path) -> None:
        """Make the row of a flow."""
        # Flows arrive inactive: an admin activates them in Setup.
        name = _name_of(path)
        if not any(row["ApiName"] == name for row in self._records.rows("FlowDefinitionView")):
            self._new("FlowDefinitionView", {"ApiName": name, "Label": element_text(read_xml(path), "label")})

    def queue(self, path: Path) -> None:
        """Make a queue with its members and objects."""
        row, root = self.group(path, kind="Queue"), read_xml(path)
        # Groups only, as our queue has them; users and roles of a queue are left out.
        for member in element_texts(root, "queueMembers/publicGroups/publicGroup"):
            self._linked("GroupMember", {"GroupId": row["Id"], "UserOrGroupId": self._named("Group", member)["Id"]})
        for kind in element_texts(root, "queueSobject/sobjectType"):
            self._linked("QueueSobject", {"QueueId": row["Id"], "SobjectType": kind})

    def notification_type(self, path: Path) -> None:
        """Make a notification type, or change the one of that name."""
        root = read_xml(path)
        values = {
            "CustomNotifTypeName": element_text(root, "customNotifTypeName"),
            "MasterLabel": element_text(root, "masterLabel"),
            "Description": element_text(root, "description"),
            "Desktop": element_text(root, "desktop") == "true",
            "Mobile": element_text(root, "mobile") == "true",
        }
        self._kept("CustomNotificationType", _name_of(path), values)

    def custom_metadata(self, path: Path) -> None:
        """Make a record of custom metadata, or change the one of that name."""
        kind, name = path.name.removesuffix(".md-meta.xml").split(".")
        root = read_xml(path)
        values = {_text(one, "field"): _text(one, "value") or None for one in root.iterfind(f"{_NAMESPACE}values")}
        self._kept(f"{kind}__mdt", name, {"MasterLabel": element_text(root, "label"), **values})

    def _kept(self, object_name: str, name: str, values: Mapping[str, Any]) -> Row:
        """Return the row of that developer name, with these values; an older one keeps its id."""
        found = next((row for row in self._records.rows(object_name) if row["DeveloperName"] == name), None)
        if found is None:
            return self._new(object_name, {"DeveloperName": name, **values})
        # The id stays, as in Salesforce: other rows name it, and a deployment repeats what is there.
        row = found | parse_values(self._metadata.every[object_name], values)
        self._records.put(object_name, row)
        return row

    def _linked(self, object_name: str, values: Mapping[str, Any]) -> None:
        # A deployment that is repeated adds no second membership.
        if not any(values.items() <= row.items() for row in self._records.rows(object_name)):
            self._new(object_name, values)

    def _named(self, object_name: str, name: str) -> Row:
        return next(row for row in self._records.rows(object_name) if row["DeveloperName"] == name)

    def _new(self, object_name: str, values: Mapping[str, Any]) -> Row:
        return load_row(self._records, self._metadata, object_name=object_name, values=values, user_id=self._user_id)


def _name_of(path: Path) -> str:
    return path.name.partition(".")[0]


def _text(one: ElementTree.Element, name: str) -> str:
    return (one.findtext(f"{_NAMESPACE}{name}") or "").strip()
