"""Lends these tests the world of the journeys."""

from tests.journeys.conftest import clock, cluster, database_url, lines, migrated, migrated_postgres, world

__all__ = ["clock", "cluster", "database_url", "lines", "migrated", "migrated_postgres", "world"]
