"""unit: one part, no server. contract: every adapter of a port, with its real server. e2e: the running system."""
