"""The only writer of results.

Celery "store" ─► ResultStore (idempotent, counts change with what they count)
"""
