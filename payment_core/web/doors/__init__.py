"""WSGI middleware in front of Flask for what a busy day brings most: links, clicks and providers' webhooks (ADR 55).

A door answers what went well. All else it leaves to Flask: what it does not take, and what went wrong in it.
"""
