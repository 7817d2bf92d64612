"""A tenant, its org and its core, and the finding that names what is wrong there."""
