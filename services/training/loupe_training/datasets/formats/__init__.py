"""The formats in which other programs keep labels: a module each, with what reads it and what writes it."""
