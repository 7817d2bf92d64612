"""The documentation as a site: `make docs` assembles its sources, has zensical write it, and visits it in a browser."""
