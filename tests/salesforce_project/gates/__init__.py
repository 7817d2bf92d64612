"""Each gate holds the project, and notices what is broken."""
