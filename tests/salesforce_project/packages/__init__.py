"""What the optional packages of the project ship."""
