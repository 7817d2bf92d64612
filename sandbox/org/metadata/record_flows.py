"""The record-triggered flows of the project's files that run before a record is saved."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

from sandbox.org.metadata.formulas import Node, RecordChange
from sandbox.org.wire.errors import StartupError

_NAMESPACE = "{http://soap.sforce.com/2006/04/metadata}"
_RECORD, _PERMISSION = "$Record.", "$Permission."
# A flow has no more steps than this: one that leads back to itself would never end.
_MOST_STEPS = 1000
# What says nothing of how the flow runs.
_SILENT = {
    "apiVersion", "areMetricsLoggedToDataCloud", "description", "environments", "interviewLabel", "label",
    "processMetadataValues", "processType", "status",
}  # fmt: skip
_PLAYED = {"assignments", "decisions", "start", "variables"}
# Whether a flow runs on new records, and on changed ones. A deletion has a trigger type of its own.
# https://developer.salesforce.com/docs/atlas.en-us.api_meta.meta/api_meta/meta_visual_workflow.htm
_TRIGGERS = {"Create": (True, False), "Update": (False, True), "CreateAndUpdate": (True, True)}
_GROUPS: dict[str, Callable[[Iterator[bool]], bool]] = {"and": all, "or": any}
# A step changes the record and names the step after it.
_Step = Callable[[dict[str, Any], RecordChange], str]


@dataclass(frozen=True)
class BeforeSaveFlow:
    """Changes a record before it is saved, once it is active; fields that the user may not edit as well."""

    name: str
    object_name: str
    on_create: bool
    on_update: bool
    only_once_met: bool
    concerns: Node
    first: str
    steps: Mapping[str, _Step]

    def play(
        self, row: Mapping[str, Any], *, before: Mapping[str, Any] | None, custom_permissions: Any
    ) -> dict[str, Any]:
        """Return the record as the flow leaves it; ``before`` is None for a new one."""
        after = dict(row)
        change = RecordChange(before, after, custom_permissions)
        if not self._starts(change):
            return after
        following, left = self.first, _MOST_STEPS
        while following and left:
            following, left = self.steps[following](after, change), left - 1
        return after

    def _starts(self, change: RecordChange) -> bool:
        if not (self.on_create if change.before is None else self.on_update) or not self.concerns(change):
            return False
        if change.before is None or not self.only_once_met:
            return True
        # “Only when a record is updated to meet the condition requirements”: one that met them before does not start it again.
        return not self.concerns(RecordChange(None, change.before, change.custom_permissions))


def read_before_save_flow(root: ElementTree.Element, *, source: str) -> BeforeSaveFlow | None:
    """Return the flow of a file, None for one that runs at another time. Raises StartupError for what cannot be played."""
    reader = _Reader(root, source)
    return reader.flow() if reader.text(root, "start/triggerType") == "RecordBeforeSave" else None


class _Reader:
    def __init__(self, root: ElementTree.Element, source: str) -> None:
        self._root = root
        self._source = source

    def flow(self) -> BeforeSaveFlow:
        unknown = {one.tag.removeprefix(_NAMESPACE) for one in self._root} - _SILENT - _PLAYED
        trigger = self.text(self._root, "start/recordTriggerType")
        # Whatever this cannot play stops the start: a flow that runs in part would let a test pass that an org fails.
        if unknown or trigger not in _TRIGGERS:
            raise self._unknown(", ".join(sorted(unknown)) or "recordTriggerType")
        on_create, on_update = _TRIGGERS[trigger]
        (start,) = self._every(self._root, "start")
        self._variables = {self.text(one, "name"): self._literal(one) for one in self._every(self._root, "variables")}
        steps = {self.text(one, "name"): self._assignment(one) for one in self._every(self._root, "assignments")}
        steps |= {self.text(one, "name"): self._decision(one) for one in self._every(self._root, "decisions")}
        filters = [
            self._condition(one, _RECORD + self.text(one, "field"), "value") for one in self._every(start, "filters")
        ]
        return BeforeSaveFlow(
            name=self._source.partition(".")[0],
            object_name=self.text(start, "object"),
            on_create=on_create,
            on_update=on_update,
            only_once_met=self.text(start, "doesRequireRecordChangedToMeetCriteria") == "true",
            concerns=self._grouped(self.text(start, "filterLogic") or "and", filters),
            first=self._next(start, "connector"),
            steps=steps,
        )

    def text(self, element: ElementTree.Element, path: str) -> str:
        full = "/".join(_NAMESPACE + part for part in path.split("/"))
        return (element.findtext(full) or "").strip()

    def _every(self, element: ElementTree.Element, name: str) -> list[ElementTree.Element]:
        return element.findall(_NAMESPACE + name)

    def _next(self, element: ElementTree.Element, connector: str) -> str:
        """Return the name of the step that a connector leads to, empty where the flow ends."""
        name = self.text(element, f"{connector}/targetReference")
        named = {
            self.text(one, "name") for kind in ("assignments", "decisions") for one in self._every(self._root, kind)
        }
        if name and name not in named:
            raise self._unknown(name)
        return name

    def _assignment(self, element: ElementTree.Element) -> _Step:
        items = [
            (self._field(self.text(one, "assignToReference")), self._value(one, "value"))
            for one in self._every(element, "assignmentItems")
            if self.text(one, "operator") == "Assign" or self._refuse(self.text(one, "operator"))
        ]
        following = self._next(element, "connector")

        def assign(row: dict[str, Any], _change: RecordChange) -> str:
            row.update(items)
            return following

        return assign

    def _decision(self, element: ElementTree.Element) -> _Step:
        rules = []
        for one in self._every(element, "rules"):
            conditions = [
                self._condition(part, self.text(part, "leftValueReference"), "rightValue")
                for part in self._every(one, "conditions")
            ]
            holds = self._grouped(self.text(one, "conditionLogic"), conditions)
            rules.append((holds, self._next(one, "connector")))
        otherwise = self._next(element, "defaultConnector")

        def decide(_row: dict[str, Any], change: RecordChange) -> str:
            return next((following for holds, following in rules if holds(change)), otherwise)

        return decide

    def _grouped(self, logic: str, conditions: list[Node]) -> Node:
        group = _GROUPS.get(logic) or self._refuse(logic)
        return lambda change: group(one(change) for one in conditions)

    def _condition(self, element: ElementTree.Element, reference: str, right: str) -> Node:
        operator, left, value = self.text(element, "operator"), self._reference(reference), self._value(element, right)
        if operator == "IsNull":
            # An empty text is null in a flow, because Salesforce stores none.
            return lambda change: (left(change) in (None, "")) is value
        if operator == "EqualTo":
            return lambda change: left(change) == value
        raise self._unknown(operator)

    def _reference(self, name: str) -> Node:
        if name.startswith(_PERMISSION):
            permission = name.removeprefix(_PERMISSION)
            return lambda change: permission in change.custom_permissions
        field = self._field(name)
        return lambda change: change.after.get(field)

    def _field(self, reference: str) -> str:
        name = reference.removeprefix(_RECORD)
        return name if reference.startswith(_RECORD) and "." not in name else self._refuse(reference)

    def _value(self, element: ElementTree.Element, name: str) -> Any:
        reference = self.text(element, f"{name}/elementReference")
        if reference:
            return self._variables[reference] if reference in self._variables else self._refuse(reference)
        return self._literal(element, name)

    def _literal(self, element: ElementTree.Element, name: str = "value") -> Any:
        given = element.find(_NAMESPACE + name)
        if given is None or not len(given):
            return None
        kind, text = given[0].tag.removeprefix(_NAMESPACE), (given[0].text or "").strip()
        if kind == "booleanValue":
            return text == "true"
        return text if kind == "stringValue" else self._refuse(kind)

    def _refuse(self, what: str) -> Any:
        raise self._unknown(what)

    def _unknown(self, what: str) -> StartupError:
        return StartupError(f"{self._source}: the sandbox cannot play {what!r}, so it could not run the flow")
