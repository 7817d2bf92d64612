"""Schemas of request and response bodies, and the serializers."""
