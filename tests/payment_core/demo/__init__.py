"""Tests of what only a demo has."""
