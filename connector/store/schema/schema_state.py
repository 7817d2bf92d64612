"""Determine what a database is before anything is done to it: empty, ours, newer, partly restored, or foreign."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from connector.store.schema.tables import metadata
from foundation.database.misfit import Misfit

VERSIONS = Path(__file__).parents[1] / "migrations" / "versions"
_VERSION_TABLE = "alembic_version"
_KEEP = "Keep it as it is: it is the account of what was paid."


def revisions() -> list[str]:
    """Return the revisions that this version knows, the newest last, by their numbered files."""
    return sorted(path.name.partition("_")[0] for path in VERSIONS.glob("[0-9]*.py"))


def revision_of(connection: Connection) -> str | None:
    """Return the revision that a database is marked with; None where it has none, or several."""
    found = _marked_revisions(connection, set(inspect(connection).get_table_names()))
    return found[0] if len(found) == 1 else None


def misfit_of(connection: Connection) -> Misfit | None:
    """Return why no migration applies to this database; None where it is empty or at a known revision."""
    names = set(inspect(connection).get_table_names())
    ours, marked = names & set(metadata.tables), _marked_revisions(connection, names)
    if len(marked) == 1 and marked[0] in revisions():
        return None
    if marked and not ours:
        return _foreign(f"its revision is {marked[0][:40]}")
    if len(marked) > 1:
        return _incomplete(f"it says several revisions at once ({', '.join(marked)})")
    if marked:
        return _newer(marked[0])
    if ours:
        return _incomplete("it says no revision")
    others = sorted(names - {_VERSION_TABLE})
    return _foreign(f"it holds {', '.join(others[:3])}") if others else None


def changed_by_others(differences: list[str]) -> Misfit:
    """Return the problem and remedy of a database whose tables do not match its revision."""
    return Misfit(
        f"The database says it is at revision {revisions()[-1]}, and it is not what this version means by it: "
        f"{'; '.join(differences)}.",
        "Another build made it, or somebody changed its tables by hand. Run the build that made it, or take the change "
        f"back, or restore the back-up of before. {_KEEP}",
    )


def _marked_revisions(connection: Connection, names: set[str]) -> list[str]:
    if _VERSION_TABLE not in names:
        return []
    return sorted(str(one) for one in connection.execute(text("SELECT version_num FROM alembic_version")).scalars())


def _newer(revision: str) -> Misfit:
    return Misfit(
        f"The database is of a newer version than this program: it is at revision {revision[:40]}, and this program knows "
        f"revisions up to {revisions()[-1]}.",
        f"Install the version that upgraded it, or a newer one. {_KEEP} To go back in spite of that, restore the back-up "
        "of before its upgrade into another database, and give that in CHAT2PAY_DATABASE_URL.",
    )


def _incomplete(how: str) -> Misfit:
    return Misfit(
        f"The database holds tables of the connector, and {how}: it was restored or copied in part.",
        "Restore the whole back-up into another, empty database, and give that in CHAT2PAY_DATABASE_URL; then run "
        f"`chat2pay db upgrade`. {_KEEP}",
    )


def _foreign(how: str) -> Misfit:
    return Misfit(
        f"The database belongs to another program ({how}); nothing of it was touched.",
        "Give the connector a database of its own in CHAT2PAY_DATABASE_URL, then run `chat2pay db upgrade`.",
    )
