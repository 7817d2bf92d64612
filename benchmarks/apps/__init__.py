"""The WSGI apps under load."""
