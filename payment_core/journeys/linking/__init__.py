"""The life of a link: made, opened, cancelled, expired."""
