"""The chart: what it renders, what it refuses, and that its words are true."""
