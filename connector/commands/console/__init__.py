"""Shared parts of the commands: output, terminals, arguments, start-up."""
