"""Implementations of the ports that more than one service uses. Only composition roots import them."""
