"""Callback deliveries: queued, claimed by lane, and what each attempt was answered."""
