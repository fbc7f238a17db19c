"""Results as rows of files."""
