"""Blob events in, classify jobs out.

Storage queue ─► consumer ─┐
                           ├─► parse ─► handler: filter, drop stale, group ─► broker ─► acknowledge
Event Grid ────► webhook ──┘
"""
