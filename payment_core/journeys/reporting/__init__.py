"""Reports about what was asked for and paid."""
