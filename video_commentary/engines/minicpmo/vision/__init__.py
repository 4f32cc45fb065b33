"""The vision tower and what it is shown."""
