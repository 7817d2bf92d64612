"""The core's notifications as a rehearsal posts them: well formed, malformed, forged."""
