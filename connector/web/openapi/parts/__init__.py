"""The parts that the OpenAPI documents are built of."""
