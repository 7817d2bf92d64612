"""What `tools.mutate` is made of: copies of the product's parts, mutmut, and what survives."""
