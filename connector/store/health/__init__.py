"""Findings and what keeps them fresh: events, due checks, the latest callbacks, and figures for metrics."""
