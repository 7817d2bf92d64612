"""Tests of the payment core, in rooms like its own."""
