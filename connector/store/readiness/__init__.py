"""Whether this process can write to its database, as ``/health/ready`` answers."""
