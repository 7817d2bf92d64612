"""The ``chat2pay-core`` command: arguments, and what it prints."""
