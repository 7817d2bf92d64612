"""The shared base of all services: time, log, errors, HTTP, database, metrics, money, phones; it imports no service."""
