"""The package directories, held against each other and against the connector."""
