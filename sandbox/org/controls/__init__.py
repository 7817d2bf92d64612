"""The sandbox's own controls below /sandbox; the package's docstring lists them."""
