"""Finding out why something does not work: what is asked, and what the answers mean.

``judge`` draws conclusions and asks nobody; ``examine`` asks.
"""
