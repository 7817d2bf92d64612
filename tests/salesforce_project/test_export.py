"""`chat2pay salesforce export`: the whole project with one org's values in it, and no OAuth file where git looks."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from connector.cli import main
from connector.commands.salesforce.project import package_directories
from tests.journeys.world import World

PROJECT = Path(__file__).parents[2] / "manifests/salesforce"
URL, ORG, USER, CONTACT = "https://c2p.acme.example", "00D000000000001EAA", "sync@acme.example", "it@acme.example"
FILLED = ("--connector-url", f"{URL}/", "--org-id", ORG[:15], "--run-as", USER, "--contact", CONTACT)
Run = Callable[..., Result]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "project"


@pytest.fixture
def run(folder: Path) -> Run:
    def run(*arguments: str) -> Result:
        return CliRunner().invoke(main, ["salesforce", "export", str(folder), *arguments])

    return run


def written(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def deployable(top: Path) -> set[str]:
    """Every file below the package directories and the removals, but tests of components."""
    return {
        str(path.relative_to(top))
        for one in (*package_directories(), "remove")
        for path in (top / one).rglob("*")
        if path.is_file() and "__tests__" not in path.parts
    }


def test_the_whole_project_is_written_with_the_orgs_values(run: Run, folder: Path) -> None:
    done = run(*FILLED)
    assert done.exit_code == 0, done.output
    assert deployable(folder) == deployable(PROJECT)
    texts = written(folder)
    assert not [name for name in texts if "__tests__" in name]
    canvas = next(text for name, text in texts.items() if name.endswith(".ecaCanvas-meta.xml"))
    assert f"<canvasUrl>{URL}/launch</canvasUrl>" in canvas
    record = texts["base/main/default/customMetadata/Chat2Pay_Org.Default.md-meta.xml"]
    assert f'<value xsi:type="xsd:string">{ORG}</value>' in record
    assert f'<value xsi:type="xsd:string">{URL}</value>' in record
    assert not [name for name, text in texts.items() if name.endswith(".xml") and "connector.example.com" in text]
    assert not [name for name, text in texts.items() if "admin@example.com" in text]
    assert texts[".forceignore"] == (PROJECT / ".forceignore").read_text()
    assert "NOT FILLED IN" not in done.output


def test_what_is_not_given_stays_a_placeholder_and_is_named(run: Run, folder: Path) -> None:
    done = run()
    assert done.exit_code == 0, done.output
    for flag in ("--connector-url", "--org-id", "--run-as", "--contact"):
        assert f"NOT FILLED IN, say {flag}" in done.output
    assert {name: text for name, text in written(folder).items() if name in deployable(PROJECT)} == {
        name: (PROJECT / name).read_text() for name in deployable(PROJECT)
    }


def test_oauth_files_lie_only_where_git_does_not_look(run: Run, folder: Path) -> None:
    assert run(*FILLED).exit_code == 0
    oauth = {name for name in written(folder) if "ecaOauth" in name or "ecaGlbl" in name or "ecaPlcy" in name}
    assert len(oauth) == 12
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1"}
    subprocess.run(["git", "init", "-q", str(folder)], check=True, env=environment)
    ignored = ["git", "-C", str(folder), "check-ignore", *sorted(oauth)]
    assert set(subprocess.run(ignored, env=environment, capture_output=True, text=True).stdout.split()) == oauth
    assert not [name for name, text in written(folder).items() if "onsumerSecret>" in text and "oauth" not in name]
    assert not [name for name, text in written(folder).items() if "<consumer" in text or "oauthLink" in text]


def test_each_app_gets_its_own_rights_and_the_server_its_user(run: Run, folder: Path) -> None:
    assert run(*FILLED).exit_code == 0
    policies = {
        path.name.partition("_")[0]: path.read_text() for path in folder.glob("oauth/extlClntAppOauthPolicies/*")
    }
    assert [app for app, text in policies.items() if USER in text] == ["PaymentConnectorServer"]
    assert [app for app, text in policies.items() if "Chat2Pay_Integration" in text] == ["PaymentConnectorServer"]
    assert all("<permittedUsersPolicyType>AdminApprovedPreAuthorized<" in text for text in policies.values())


def test_without_its_user_the_server_app_asks_for_no_flow_that_would_be_refused(run: Run, folder: Path) -> None:
    assert run().exit_code == 0
    text = "".join(path.read_text() for path in folder.glob("oauth/extlClntAppOauthPolicies/*"))
    assert "clientCredentialsFlowUser" not in text
    assert "<isClientCredentialsFlowEnabled>true" not in text


def test_one_directory_comes_with_base_and_its_own_commands(run: Run, folder: Path) -> None:
    done = run("--directories", "base")
    assert done.exit_code == 0, done.output
    assert {path.name for path in folder.iterdir() if path.is_dir()} == {"base", "oauth", "remove"}
    assert {path.name for path in (folder / "remove").iterdir()} == {"base", "base_and_its_data"}
    assert "sf project deploy start --source-dir base -o ORG" in done.output
    assert "--metadata-dir oauth" in done.output


def test_a_folder_with_something_in_it_is_left_alone_unless_forced(run: Run, folder: Path) -> None:
    folder.mkdir()
    (folder / "notes.txt").write_text("mine")
    (folder / ".gitignore").write_text("*.log\n")
    done = run(*FILLED)
    assert done.exit_code == 2
    assert "is not empty" in done.output
    assert {path.name for path in folder.iterdir()} == {"notes.txt", ".gitignore"}
    assert run(*FILLED, "--force").exit_code == 0
    assert (folder / "notes.txt").read_text() == "mine"
    assert {"*.log", "oauth/"} <= set((folder / ".gitignore").read_text().splitlines())


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("--connector-url", "http://c2p.acme.example"), "https://"),
        (("--connector-url", "https://c2p.acme.example/?a=b"), "https://"),
        (("--connector-url", "https://c2p.acme.example/#top"), "https://"),
        (("--connector-url", "https://it@c2p.acme.example"), "https://"),
        (("--connector-url", "https://c2p acme.example"), "https://"),
        (("--connector-url", "https://c2p.acme.example:0"), "https://"),
        (("--connector-url", "https:///launch"), "https://"),
        (("--connector-url", 'https://c2p.acme.example"<x>'), "https://"),
        (("--connector-url", r"https://c2p.acme.example\9"), "https://"),
        (("--connector-url", "https://[c2p.acme.example"), "https://"),
        (("--connector-url", "https://c2p.acme.example:99999"), "https://"),
        (("--org-id", "001000000000001AAA"), "00D"),
        (("--org-id", "acme"), "organization id"),
        (("--run-as", "sync"), "name@company"),
        (("--contact", "it@acme"), "name@company"),
        (("--directories", "bases"), "choose from base"),
    ],
)
def test_wrong_use_is_said_and_nothing_is_written(
    run: Run, folder: Path, arguments: tuple[str, ...], word: str
) -> None:
    done = run(*arguments)
    assert done.exit_code == 2
    assert word in " ".join(done.output.split())
    assert not folder.exists()


def test_a_tenant_fills_in_what_its_record_knows(
    world: World, run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connector.commands.salesforce.values.open_shared", lambda quiet: world.services)
    tenant = world.acme
    done = run("--tenant", tenant.tenant_id)
    assert done.exit_code == 0, done.output
    assert f"the organization id: {tenant.org_id}" in done.output
    assert f"the connector's address: {world.services.settings.public_url}" in done.output
    assert run("--tenant", "nobody", "--force").exit_code == 2


def test_a_deploy_with_apex_names_the_classes_that_hold_tests_and_no_stand_in(run: Run) -> None:
    done = run("--directories", "panel")
    assert done.exit_code == 0, done.output
    (line,) = [one for one in done.output.splitlines() if "--source-dir panel" in one]
    named = set(line.split("--tests ")[1:])
    classes = (PROJECT / "panel").rglob("*.cls")
    assert {one.strip() for one in named} == {path.stem for path in classes if path.stem.endswith("Test")}
    assert "Chat2PayTestConnector" not in line


def test_the_printed_command_goes_into_a_folder_of_any_name(tmp_path: Path) -> None:
    odd = tmp_path / "acme; echo $HOME"
    done = CliRunner().invoke(main, ["salesforce", "export", str(odd)])
    assert done.exit_code == 0, done.output
    command = next(line for line in done.output.splitlines() if line.startswith("  cd "))
    went = subprocess.run(["sh", "-c", f"{command} && pwd"], capture_output=True, text=True, check=True)
    assert went.stdout.strip() == str(odd)
