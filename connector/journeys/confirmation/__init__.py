"""How news is held against the core's own record: whose it is, what the record says, and how long it waits for one."""
