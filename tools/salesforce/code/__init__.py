"""Checks of the Apex classes: parsed, typed, without findings, and their queries held against objects and fields."""
