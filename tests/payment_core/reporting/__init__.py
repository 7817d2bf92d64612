"""Tests of `payment_core.journeys.reporting`."""
