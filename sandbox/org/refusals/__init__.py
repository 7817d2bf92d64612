"""What an admin's org refuses on purpose: records by rule, flow or trigger, whole calls, logins, and the version rule's words."""
