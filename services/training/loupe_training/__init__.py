"""Labels become data sets, and data sets become models."""
