"""Connects an org and its payment core, changes their secrets, and guards against another org's."""
