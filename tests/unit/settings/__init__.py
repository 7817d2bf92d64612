"""Settings: what may be given, and what is named as a mistake."""
