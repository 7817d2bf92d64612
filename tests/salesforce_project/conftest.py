"""Lends these tests the world of the journeys."""

from tests.journeys.conftest import clock, lines, world

__all__ = ["clock", "lines", "world"]
