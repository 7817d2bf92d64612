"""The processes of the demo: how they start, stay alive and end."""
