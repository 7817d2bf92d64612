"""On PostgreSQL one process decides about a link while another changes it."""
