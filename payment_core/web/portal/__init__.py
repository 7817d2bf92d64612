"""The merchant's portal: applications, keys, settings, and every notification with its attempts."""
