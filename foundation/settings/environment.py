"""Read environment variables: all errors are collected, and a secret can come from a file instead."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from environs import Env, EnvValidationError


class Environment(Env):
    """The environment of this process under a prefix. ``NAME_FILE`` names the file that holds the secret ``NAME``.

    In such a file a line break separates like a comma, and white space around the text is removed. One that is ``required``
    and not set is an empty one: its own check says what makes it.
    """

    def __init__(self, prefix: str, *, secrets: Sequence[str], required: Sequence[str] = ()) -> None:
        super().__init__(eager=False, prefix=prefix)
        self._required = frozenset(required)
        self.files: dict[str, Path] = {}
        self._file_faults: dict[str, str] = {}
        for name in secrets:
            path = os.environ.get(f"{name}_FILE")
            if path:
                self._read_file(name, Path(path))

    def errors(self) -> list[str]:
        """Return the errors found so far, each with the name of its variable and never with a value."""
        found: Any = {}
        try:
            self.seal()
        except EnvValidationError as error:
            found = error.error_messages
        errors = {name: f"{name}: {' '.join(map(str, texts))}" for name, texts in found.items()}
        return list({**errors, **self._file_faults}.values())

    def _read_file(self, name: str, path: Path) -> None:
        self.files[name] = path
        self._environ[name] = ""
        if os.environ.get(name):
            self._file_faults[name] = f"{name}_FILE: {name} is set, too. Give one of the two."
            return
        try:
            text = path.read_text("utf-8-sig")
        except OSError as error:
            self._file_faults[name] = f"{name}_FILE: {path} cannot be read: {error.strerror}."
            return
        except ValueError:
            self._file_faults[name] = f"{name}_FILE: {path} does not hold text."
            return
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        if not lines:
            self._file_faults[name] = f"{name}_FILE: {path} is empty."
        self._environ[name] = ",".join(line.rstrip(",") for line in lines) if len(lines) > 1 else "".join(lines)

    def _get_value(self, env_key: str, default: Any) -> Any:
        """Return a variable's text, from its file if it has one; ``environs`` calls this for every variable."""
        if env_key in self._required and env_key not in self.files and env_key not in os.environ:
            return ""
        return self._environ[env_key] if env_key in self.files else super()._get_value(env_key, default)
