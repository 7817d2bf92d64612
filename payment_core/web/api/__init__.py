"""The core's API, with the operations, paths and names of ``manifests/core``."""
