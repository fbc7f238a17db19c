"""Which versions of a model there are, and which of them answers whom."""
