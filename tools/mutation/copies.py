"""Copies of the product, one for each part that mutmut changes, with a setup.cfg that names this part's code and tests."""

from __future__ import annotations

import shutil
from configparser import ConfigParser
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COPIES = ROOT / "build" / "mutants"
_SECTION = "mutants:"
_IGNORED = shutil.ignore_patterns("__pycache__", "node_modules", "results", "site")


@dataclass(frozen=True)
class Part:
    """A part of the product: the patterns of its files, the changes that are always tried, its share of the time, and
    what it sets of mutmut's own settings.
    """

    name: str
    files: tuple[str, ...]
    always: str
    share: float
    settings: dict[str, str]

    def may_hold(self, name: str) -> bool:
        """Return whether a mutant's name, or a pattern of names, can be one of this part's."""
        beginnings = [one.partition("*")[0].replace("/", ".") for one in self.files]
        plain = name.partition("*")[0]
        return any(plain.startswith(one) or one.startswith(plain) for one in beginnings)


def parts() -> list[Part]:
    """Return the parts that setup.cfg names, in its order."""
    config = _config()
    found = []
    for section in config.sections():
        if section.startswith(_SECTION):
            settings = dict(config[section])
            always, share = settings.pop("always"), float(settings.pop("share"))
            files = tuple(settings["only_mutate"].split())
            found.append(Part(section.removeprefix(_SECTION), files, always, share, settings))
    return found


def make_copy(part: Part) -> Path:
    """Copy what the part's tests need and return the folder; an older copy goes, with what older tests noticed in it."""
    folder = COPIES / part.name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    config = _config()
    config["mutmut"].update(part.settings)
    for name in (*config["mutmut"]["source_paths"].split(), *config["mutmut"]["also_copy"].split(), "tests"):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=_IGNORED)
        else:
            shutil.copy2(source, folder / name)
    shutil.copy2(ROOT / "pyproject.toml", folder)
    with (folder / "setup.cfg").open("w", encoding="utf-8") as written:
        config.write(written)
    return folder


def _config() -> ConfigParser:
    config = ConfigParser(interpolation=None)
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    return config
