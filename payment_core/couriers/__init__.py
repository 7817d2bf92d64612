"""The way to applications: one HTTP call of a notification, with its proof."""
