"""Batch jobs as people and programs ask for them. Who runs them is another service; the two share what is stored."""
