"""Background work: drains, pushes, sweeps and nightly checks, in one process or in a fleet."""
