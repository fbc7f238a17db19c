"""The read API over the archive of results."""
