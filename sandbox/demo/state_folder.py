"""Knows the demo's folder: who holds it, its keys and its logs; refuses to know what the children keep in it."""

from __future__ import annotations

import fcntl
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from sandbox.demo.errors import RefusedToStart

# Only what the demo made is cleared: --state may name a folder that holds more.
_OURS = ("connector", "core", "org", "logs", "keys.env", "keys.env.new")


@dataclass(frozen=True)
class StateFolder:
    """Everything the demo keeps between two starts."""

    path: Path

    @property
    def database_url(self) -> str:
        return f"sqlite:///{self.path / 'connector' / 'chat2pay.db'}"

    def log(self, name: str) -> Path:
        return self.path / "logs" / f"{name}.log"

    def add_to_log(self, name: str, text: str) -> None:
        with os.fdopen(os.open(self.log(name), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a") as file:
            file.write(text)

    def clear(self) -> None:
        """Forget everything, except that we hold the folder."""
        for name in _OURS:
            found = self.path / name
            if found.is_dir() and not found.is_symlink():
                shutil.rmtree(found)
            else:
                found.unlink(missing_ok=True)

    def prepare(self) -> None:
        """Make the places that the children write to."""
        for name in ("connector", "core", "org", "logs"):
            (self.path / name).mkdir(exist_ok=True)

    def keys(self) -> dict[str, str]:
        """Return the keys of an earlier start; none at the first."""
        try:
            lines = (self.path / "keys.env").read_text().splitlines()
        except FileNotFoundError:
            return {}
        return dict(line.split("=", 1) for line in lines if "=" in line)

    def keep_keys(self, text: str) -> None:
        """Keep the keys where only this user reads them; half a file is never left behind."""
        fresh = self.path / "keys.env.new"
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
        fresh.replace(self.path / "keys.env")


class FolderLock:
    """Keeps a second demo out of the folder; the system lets go when we end, however we end."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    def __enter__(self) -> Self:
        self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = os.open(self._path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.read(file, 32).decode(errors="replace").strip() or "unknown"
            os.close(file)
            raise RefusedToStart(
                f"A demo runs in {self._path} already (process {holder}): stop it first, or give --state another folder."
            ) from error
        os.ftruncate(file, 0)
        os.write(file, str(os.getpid()).encode())
        self._file = file
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            os.close(self._file)
