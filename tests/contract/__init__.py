"""What adapters promise, each with its real server."""
