"""The inbox of callback notifications: insert, claim, list, replay."""
