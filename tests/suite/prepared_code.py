"""Keeps the code of each module with Slipcover's calls in it, since preparing it takes ten times as long as importing does."""

from __future__ import annotations

import marshal
import sys
from hashlib import sha256
from importlib.machinery import SourceFileLoader
from pathlib import Path
from tempfile import NamedTemporaryFile
from threading import Lock
from types import CodeType, ModuleType, SimpleNamespace
from typing import Any

from slipcover import Slipcover, importer, probe
from slipcover import slipcover as slipcover_module
from slipcover.version import __version__

# Stand for what no file can hold: a probe of a line or a branch, and the function that is called with it.
_PROBE, _SIGNAL = "<slipcover probe>", "<slipcover signal>"
_MADE_BY = f"{__version__} {sys.implementation.cache_tag} 1 "
# A note stays where it is: to find each function again and exchange it costs more than the calls do.
NEVER = -1
_preparing = Lock()


def keep_prepared(folder: Path) -> None:
    """Let Slipcover take what it has prepared once from ``folder``, and add what is not there or has changed."""
    # From 3.12 on the interpreter itself calls back, and there is nothing to prepare.
    if sys.version_info < (3, 12):
        importer.SlipcoverLoader = type("_Loader", (_Loader,), {"folder": folder})


class _Loader(importer.SlipcoverLoader):  # type: ignore[misc]
    folder: Path

    def exec_module(self, module: ModuleType) -> None:
        """Execute a module with Slipcover's calls in it."""
        if not isinstance(self.orig_loader, SourceFileLoader):
            super().exec_module(module)
            return
        self.sci.register_module(module)
        exec(with_probes(prepared(self.origin, self.folder), self.sci, self.origin), module.__dict__)


def prepared(path: Path, folder: Path) -> CodeType:
    """Return a module's code with Slipcover's calls in it, and marks in place of the probes."""
    source = path.read_bytes()
    digest = sha256(f"{_MADE_BY}{path}\0".encode() + source).digest()
    file = folder / sha256(str(path).encode()).hexdigest()[:32]
    kept = file.read_bytes() if file.exists() else b""
    if not kept.startswith(digest):
        kept = digest + marshal.dumps(_marked(path, source))
        folder.mkdir(parents=True, exist_ok=True)
        # Several processes may prepare the same module; each reads a whole file.
        with NamedTemporaryFile(dir=folder, suffix=".new", delete=False) as new:
            new.write(kept)
        Path(new.name).replace(file)
    code: CodeType = marshal.loads(kept[len(digest) :])
    return code


def _marked(path: Path, source: bytes) -> CodeType:
    import ast  # noqa: PLC0415 a process whose modules are all prepared needs neither

    from slipcover import branch  # noqa: PLC0415

    code = compile(branch.preinstrument(ast.parse(source)), str(path), "exec", dont_inherit=True)
    marks = SimpleNamespace(new=lambda _recorder, _path, what, _threshold: (_PROBE, what), signal=_SIGNAL)
    with _preparing:
        slipcover_module.probe = marks
        try:
            marked: CodeType = Slipcover(branch=True).instrument(code)
        finally:
            slipcover_module.probe = probe
    return marked


def with_probes(code: CodeType, recorder: Slipcover, path: Path) -> CodeType:
    """Return code that was prepared, with a probe that reports to ``recorder`` in place of each mark."""

    def real(constant: Any) -> Any:
        if isinstance(constant, CodeType):
            return with_probes(constant, recorder, path)
        if constant == _SIGNAL:
            return probe.signal
        if isinstance(constant, tuple) and len(constant) == 2 and constant[0] == _PROBE:
            return probe.new(recorder, str(path), constant[1], NEVER)
        return constant

    return code.replace(co_consts=tuple(map(real, code.co_consts)))
