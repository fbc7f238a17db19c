"""The running system, as its users see it."""
