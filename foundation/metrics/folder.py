"""The folder in which the web processes of one `chat2pay serve` share their counts, so that each shows the sum.

A process takes the first free place; one that follows a dead one takes the same place and counts on. So the folder holds
as many places as there were processes at once, and no count falls when one of them dies.
"""

from __future__ import annotations

import fcntl
import itertools
import os
import shutil
import tempfile
from pathlib import Path

# Each process's files are written full before they are mapped: on a full disk a page that cannot be had kills the process.
_FILES = ("counter", "histogram", "gauge_mostrecent")
_BYTES = 512 * 1024


def create_empty_folder(host: str, port: int) -> Path:
    """Return the empty folder of whoever listens on this address: nobody else on this machine can.

    Raises:
        OSError: there is no place for it, or somebody else's file is in the way.
    """
    # Named, not random: what a killed server left behind is found again.
    ours = Path(tempfile.gettempdir()) / f"chat2pay-{os.geteuid()}"
    ours.mkdir(mode=0o700, exist_ok=True)
    found = ours.lstat()
    if ours.is_symlink() or found.st_uid != os.geteuid() or found.st_mode & 0o077:
        raise PermissionError(f"{ours} is not ours alone")
    folder = ours / f"metrics-{host.replace(':', '-')}-{port}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    return folder


def claim_slot(folder: Path) -> str:
    """Take the first place that no living process holds, for the life of this one, and return its name.

    Raises:
        OSError: the folder is gone, or the disk is full.
    """
    place = next(str(number) for number in itertools.count() if _is_taken(folder / f"{number}.lock"))
    for kind in _FILES:
        _fill(folder / f"{kind}_{place}.db")
    return place


def _is_taken(lock: Path) -> bool:
    handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return False
    return True  # the handle stays open: the lock ends with the process


def _fill(file: Path) -> None:
    if file.exists():
        return
    # A scrape meets it whole or not at all.
    fresh = file.with_suffix(".new")
    fresh.write_bytes(bytes(_BYTES))
    fresh.replace(file)
