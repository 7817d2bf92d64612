"""Examinations, findings, refusals."""
