"""The model bundle that Loupe comes with."""
