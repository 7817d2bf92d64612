"""Tests of the payment core sandbox."""
