"""Tests of the demo, as a person or a script starts it."""
