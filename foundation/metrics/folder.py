"""The folder in which the web processes of one `chat2pay serve` share their metrics, so that each reports the sum.

A process takes the first free slot; the successor of a dead process takes the same slot and continues its counts. So there
are as many slots as there were processes at once, and no counter falls when a process dies.
"""

from __future__ import annotations

import fcntl
import itertools
import os
import shutil
import tempfile
from pathlib import Path

# The files are written in full before they are mapped: a mapped page that a full disk cannot provide kills the process.
_FILES = ("counter", "histogram", "gauge_mostrecent")
_BYTES = 512 * 1024


def create_empty_folder(host: str, port: int) -> Path:
    """Return an empty folder for the server on this address, of which there is only one on this machine.

    Raises:
        OSError: it cannot be created, or another user owns its parent.
    """
    # Named by the address and not random, so that what a killed server left behind is cleared.
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
    """Take the first slot that no living process holds, for the life of this process, and return its name.

    Raises:
        OSError: the folder does not exist any more, or the disk is full.
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
    return True  # the handle stays open, because the lock ends with it


def _fill(file: Path) -> None:
    if file.exists():
        return
    # Renamed into place, so that a scrape never reads a part of it.
    fresh = file.with_suffix(".new")
    fresh.write_bytes(bytes(_BYTES))
    fresh.replace(file)
