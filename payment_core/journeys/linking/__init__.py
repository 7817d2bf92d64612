"""The life of a link: made, offered, cancelled, expired."""
