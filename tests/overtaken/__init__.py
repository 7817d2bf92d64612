"""Whoever was slow finds that another has gone on meanwhile, and spoils nothing."""
