"""An org's metadata: objects, fields, labels and permissions."""
