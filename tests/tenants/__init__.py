"""How an admin connects an org and changes its secrets: the commands in processes of their own, both sandboxes over HTTP."""
