"""Versions of models: what there is, which of them answers, and how another comes to."""
