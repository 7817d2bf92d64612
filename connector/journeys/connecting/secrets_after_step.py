"""The steps of a rotation, and the secrets that are valid after each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import TypeVar

from marshmallow import ValidationError

from connector.errors import Invalid

SecretT = TypeVar("SecretT")


class RotationStep(StrEnum):
    """A step of a rotation: add the new secret beside the old, drop the old one, or drop the new one."""

    BEGIN = "begin"
    FINISH = "finish"
    UNDO = "undo"


class StepMismatch(Exception):
    """The step does not fit: a rotation is ``under_way`` and cannot begin again, or none is that could end."""

    def __init__(self, *, under_way: bool) -> None:
        super().__init__("a rotation is under way" if under_way else "no rotation is under way")
        self.under_way = under_way


def check_step(present: Sequence[object], step: RotationStep) -> None:
    """Raise ``StepMismatch`` where a step does not fit the state of the rotation."""
    under_way = len(present) > 1
    if under_way == (step is RotationStep.BEGIN):
        raise StepMismatch(under_way=under_way)


def secrets_after_step(present: Sequence[SecretT], step: RotationStep, made: SecretT | None) -> tuple[SecretT, ...]:
    """Return the secrets that are valid after a step, the newest first.

    Raises:
        StepMismatch: the step does not fit the state of the rotation; ValueError: it begins without a new secret.
    """
    check_step(present, step)
    if step is RotationStep.BEGIN:
        if made is None:
            raise ValueError("a rotation begins with a new secret")
        return (made, *present)
    # Newest first: to finish keeps the first, to undo the last.
    return (present[0],) if step is RotationStep.FINISH else (present[-1],)


def check_secret(text: str, check: Callable[[str], None]) -> None:
    """Raise ``Invalid`` for ``secret`` where ``check`` refuses it with a ``ValidationError``."""
    try:
        check(text)
    except ValidationError as error:
        raise Invalid({"secret": [str(one) for one in error.messages]}) from error
