"""Building blocks of the OpenAPI documents."""
