"""The demo: the connector and both sandboxes on one machine, reached by HTTP and the command line only."""
