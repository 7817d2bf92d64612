"""The proof: what the stand-ins recorded, against what the core reports, what the application received, and what was written."""
