"""Tests of what merchants configure."""
