"""Fields and objects, found by name whatever the case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sandbox.org.metadata.record_flows import BeforeSaveFlow
from sandbox.org.metadata.validation_rules import ValidationRule
from sandbox.org.wire.errors import ApiError, no_such_column


@dataclass(frozen=True)
class Field:
    """One field, in the words of describe."""

    name: str
    type: str
    label: str
    length: int = 0
    precision: int = 0
    scale: int = 0
    required: bool = False
    readonly: bool = False
    unique: bool = False
    external_id: bool = False
    restricted: bool = False
    values: tuple[str, ...] = ()
    # What people read instead of a value, where that differs.
    labels: Mapping[str, str] = field(default_factory=dict)
    reference_to: str = ""
    # A second object that it may point at: owners are users or queues.
    also_to: str = ""
    relationship: str = ""
    # The name of the way back, from the record that the lookup points at; empty where there is none.
    child_relationship: str = ""
    custom: bool = False
    # Features of the org without which the field does not exist; empty where it always does.
    feature: str = ""
    # From the product's own project: nobody sees it unless a permission set opens it.
    shipped: bool = False

    def label_of(self, value: str) -> str:
        """Return what people read: a value that the picklist does not have is shown as it is."""
        return self.labels.get(value, value)


@dataclass
class ObjectType:
    """One object with its fields and rules; names are found whatever their case, as Salesforce does."""

    name: str
    label: str
    key_prefix: str
    readonly: bool = False
    custom: bool = False
    auto_number: str = ""
    feature: str = ""
    # Seen by the owner and by those who may view all, whoever sees its order.
    private: bool = False
    fields: dict[str, Field] = field(default_factory=dict)
    rules: list[ValidationRule] = field(default_factory=list)
    flows: list[BeforeSaveFlow] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._by_lower_name: dict[str, Field] = {}
        self._by_relationship: dict[str, Field] = {}
        for one in list(self.fields.values()):
            self.add(one)

    def add(self, one: Field) -> None:
        """Add a field."""
        self.fields[one.name] = one
        self._by_lower_name[one.name.lower()] = one
        if one.relationship:
            self._by_relationship[one.relationship.lower()] = one

    def field_named(self, name: str) -> Field:
        """Return the field. Raises ApiError INVALID_FIELD."""
        found = self.fields.get(name) or self._by_lower_name.get(name.lower())
        if found is None:
            raise no_such_column(name, object_name=self.name)
        return found

    def relationship_named(self, name: str) -> Field:
        """Return the lookup behind a relationship's name. Raises ApiError INVALID_FIELD."""
        found = self._by_relationship.get(name.lower())
        if found is None:
            message = f"Didn't understand relationship '{name}' in field path."
            raise ApiError("INVALID_FIELD", message)
        return found

    def unique_fields(self) -> list[Field]:
        """Return the fields whose values are unique."""
        return [one for one in self.fields.values() if one.unique]


class Metadata:
    """All objects of the org: `every` with whatever is switched off, `objects` as the setup leaves them."""

    def __init__(self, objects: dict[str, ObjectType]) -> None:
        self.every = objects
        self.replace_objects(objects)

    def replace_every(self, objects: dict[str, ObjectType]) -> None:
        """Take the objects as a deployment leaves them; the setup is applied anew after it."""
        self.every = objects
        self.replace_objects(objects)

    def replace_objects(self, objects: dict[str, ObjectType]) -> None:
        """Take the objects as the setup leaves them."""
        self.objects = objects
        self._by_lower_name = {name.lower(): one for name, one in objects.items()}

    def object_named(self, name: str) -> ObjectType:
        """Return the object. Raises ApiError NOT_FOUND."""
        found = self.objects.get(name) or self._by_lower_name.get(name.lower())
        if found is None:
            raise ApiError("NOT_FOUND", "The requested resource does not exist", status=404)
        return found

    def queried(self, name: str) -> ObjectType:
        """Return the object of a FROM clause. Raises ApiError INVALID_TYPE."""
        found = self._by_lower_name.get(name.lower())
        if found is None:
            raise ApiError("INVALID_TYPE", f"sObject type '{name}' is not supported.")
        return found

    def children_of(self, kind: ObjectType) -> list[tuple[ObjectType, Field]]:
        """Return the objects with a named lookup at the object, each with that lookup."""
        return [
            (child, one)
            for child in self.objects.values()
            for one in child.fields.values()
            if one.child_relationship and one.reference_to == kind.name
        ]

    def child_relationship(self, kind: ObjectType, name: str) -> tuple[ObjectType, Field]:
        """Return the children's object and their lookup. Raises ApiError INVALID_TYPE."""
        children = self.children_of(kind)
        found = next((one for one in children if one[1].child_relationship.lower() == name.lower()), None)
        if found is None:
            message = (
                f"Didn't understand relationship '{name}' in FROM part of query call. If you are attempting to use a "
                "custom relationship, be sure to append the '__r' after the custom relationship name. Please reference "
                "your WSDL or the describe call for the appropriate names."
            )
            raise ApiError("INVALID_TYPE", message)
        return found
