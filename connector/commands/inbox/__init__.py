"""`chat2pay inbox`: list, show, replay, archive."""
