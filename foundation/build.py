"""The version and the build of what is installed."""

from __future__ import annotations

import platform
from hashlib import sha256
from importlib.metadata import distribution, version

_NAME = "chat2pay-connector"
_OURS = ("connector/", "callbacks/", "payment_core/", "foundation/", "manifests/")


def version_text(command: str) -> str:
    """Return the text of ``command --version``."""
    return f"{command} {version(_NAME)} (build {build()}, Python {platform.python_version()}, {platform.platform()})"


def build() -> str:
    """Return a digest of all installed files; ``checkout`` in a source tree."""
    # A version alone does not distinguish two packages that were built of different trees.
    files = distribution(_NAME).files or []
    sums = sorted(f"{one} {one.hash.value}" for one in files if one.hash and str(one).startswith(_OURS))
    return sha256("\n".join(sums).encode()).hexdigest()[:12] if sums else "checkout"
