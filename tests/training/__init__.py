"""Tests that need torch. `make test-training` runs them, in the environment that training has for itself."""
