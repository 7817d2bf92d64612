"""The error of a refused grant."""


class OAuthError(Exception):
    """One refused grant, as {error, error_description}."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error
        self.description = description
