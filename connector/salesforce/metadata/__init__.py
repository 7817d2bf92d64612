"""An org's objects, fields, labels and permissions."""
