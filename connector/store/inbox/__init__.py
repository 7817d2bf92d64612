"""The inbox of callback notifications: record, claim, list, requeue."""
