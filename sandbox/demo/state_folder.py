"""The folder of the demo's state: its lock, its keys and its logs."""

from __future__ import annotations

import fcntl
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from sandbox.processes.errors import RefusedToStart

# Only what the demo made is cleared: --state may name a folder that holds more.
_OWN_ENTRIES = ("connector", "core", "org", "logs", "keys.env", "keys.env.new")


@dataclass(frozen=True)
class StateFolder:
    """What survives from one start of the demo to the next."""

    path: Path

    @property
    def database_url(self) -> str:
        """Return the address of the connector's database."""
        return f"sqlite:///{self.path / 'connector' / 'chat2pay.db'}"

    def log(self, name: str) -> Path:
        """Return the log of a child."""
        return self.path / "logs" / f"{name}.log"

    def add_to_log(self, name: str, text: str) -> None:
        """Append to a log that only this user can read."""
        # Created with its mode: a chmod afterwards would leave the log readable for a moment.
        with os.fdopen(os.open(self.log(name), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a") as file:
            file.write(text)

    def clear(self) -> None:
        """Delete what an earlier demo made, except the lock."""
        for name in _OWN_ENTRIES:
            entry = self.path / name
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink(missing_ok=True)

    def prepare(self) -> None:
        """Make the folders that the children write to."""
        for name in ("connector", "core", "org", "logs"):
            (self.path / name).mkdir(exist_ok=True)

    def keys(self) -> dict[str, str]:
        """Return the keys of an earlier start; none at the first."""
        try:
            lines = (self.path / "keys.env").read_text().splitlines()
        except FileNotFoundError:
            return {}
        return dict(line.split("=", 1) for line in lines if "=" in line)

    def store_keys(self, text: str) -> None:
        """Write the keys to a file that only this user can read, and never half of it."""
        fresh = self.path / "keys.env.new"
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
        fresh.replace(self.path / "keys.env")


class FolderLock:
    """Excludes a second demo from the folder; the system releases the lock however this process ends."""

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
