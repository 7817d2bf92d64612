"""What the OpenAPI documents are built of."""
