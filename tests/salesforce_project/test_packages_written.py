"""`make salesforce-package`: a zip of each package directory for those without `sf`, in the format of the Metadata API."""

from __future__ import annotations

import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest

from connector.commands.salesforce import oauth_files
from connector.commands.salesforce.values import OrgValues
from tools.salesforce import listing
from tools.salesforce.metadata_types import read_types
from tools.salesforce.project import FOLDERS, NAMESPACE, SHIPPED, tag, text, texts

pytestmark = pytest.mark.usefixtures("modules")


def members(package: str) -> set[str]:
    root = ElementTree.fromstring(package)
    assert text(root, "version") == "67.0"
    return {f"{text(types, 'name')}:{one}" for types in root for one in texts(types, "members")}


def _in_package(component: str) -> str:
    """A folder is named there under the type of what lies in it."""
    kind, _, name = component.partition(":")
    return f"{kind.removesuffix('Folder')}:{name}/" if kind in FOLDERS else component


def test_each_zip_names_and_holds_what_its_directory_holds(tmp_path: Path) -> None:
    held = listing.components()
    written = listing.write_zips(SHIPPED, tmp_path)
    assert [path.name for path in written] == [f"{one.replace('/', '_')}.zip" for one in held]
    for path, (directory, names) in zip(written, held.items(), strict=True):
        with zipfile.ZipFile(path) as opened:
            assert members(opened.read("package.xml").decode()) == {_in_package(one) for one in names}, directory
            assert not [one for one in opened.namelist() if "__tests__" in one or one.endswith(".md/")]
            for name in opened.namelist():
                if name.endswith((".object", ".permissionset", ".eca", ".flow", ".xml")):
                    assert ElementTree.fromstring(opened.read(name)).tag.startswith(NAMESPACE)


def test_the_oauth_files_have_only_elements_that_the_metadata_api_knows() -> None:
    types = read_types()
    written = oauth_files.oauth_files(OrgValues("https://c2p.example.com", "00D000000000001EAA", "sync@example.com"))
    package = written.pop(oauth_files.FOLDER / "package.xml")
    assert len(members(package)) == len(written) == 12
    for path, content in written.items():
        root = ElementTree.fromstring(content)
        known = types.elements[tag(root)]
        assert f"{tag(root)}:{path.stem}" in members(package)
        assert [tag(one) for one in root if tag(one) not in known] == []
        assert [name for name, one in known.items() if not one.optional and root.find(NAMESPACE + name) is None] == []
        for one in root:
            allowed = types.values.get(known[tag(one)].type)
            assert allowed is None or one.text in allowed, (path.name, tag(one), one.text)
