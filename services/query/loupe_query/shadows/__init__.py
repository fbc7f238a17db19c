"""Versions of models that look on."""
