"""What a service's settings say of the kind of its deployment."""

from __future__ import annotations

from pathlib import Path


class Deployment:
    """The settings that every service has; a service's own frozen dataclass of settings extends it."""

    environment: str
    database_url: str

    @property
    def is_fleet(self) -> bool:
        """Whether any number of web and worker processes share the work: on PostgreSQL."""
        return self.database_url.startswith("postgresql://")

    @property
    def is_demo(self) -> bool:
        """Whether peers on loopback over plain http are allowed."""
        return self.environment == "demo"

    @property
    def sqlite_path(self) -> Path:
        """The file of the SQLite database."""
        return Path(self.database_url.removeprefix("sqlite:///"))
