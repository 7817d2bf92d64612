"""The product's commands as processes of their own."""
