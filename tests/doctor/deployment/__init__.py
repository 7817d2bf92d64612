"""What all tenants share, and the finding that names what is wrong with it."""
