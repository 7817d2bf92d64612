"""Bells for people and events for flows, after the records that they are about were written."""
