"""The upgrade of a schema by migrations, and its comparison with the code, for any service."""
