"""The proof: what the stand-ins know, against what the core says, what the application received, and what was written."""
