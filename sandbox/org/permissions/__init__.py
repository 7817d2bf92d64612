"""Who may see and change what: sharing, permission sets and field-level security."""
