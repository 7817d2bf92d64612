"""The steps of a rotation, and the secrets that are valid after each."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import TypeVar

from connector.errors import Invalid

SecretT = TypeVar("SecretT")


class Step(StrEnum):
    """A step of a rotation: add the new secret beside the old, drop the old one, or drop the new one."""

    BEGIN = "begin"
    FINISH = "finish"
    UNDO = "undo"


def check_step(present: Sequence[object], step: Step) -> None:
    """Raise ``Invalid`` where a step does not fit the state of the rotation."""
    if step is Step.BEGIN:
        if len(present) > 1:
            raise Invalid({"step": ["A change is under way: end it with --finish, or take it back with --undo."]})
    elif len(present) < 2:
        raise Invalid({"step": ["No change is under way: there is one, and it stays."]})


def rotate_secrets(present: Sequence[SecretT], step: Step, made: SecretT | None) -> tuple[SecretT, ...]:
    """Return the secrets that are valid after a step, the newest first.

    Raises:
        Invalid: the step does not fit the state of the rotation; ValueError: it begins without a new secret.
    """
    check_step(present, step)
    if step is Step.BEGIN:
        if made is None:
            raise ValueError("a rotation begins with a new secret")
        return (made, *present)
    return (present[0],) if step is Step.FINISH else (present[-1],)
