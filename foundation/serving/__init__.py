"""Run servers: one process on waitress, a fleet on granian, graceful stop, time limits of requests."""
