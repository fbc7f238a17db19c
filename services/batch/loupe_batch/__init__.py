"""Runs batch jobs.

listing, names or filter ─► chunks ─► what needs an answer ─► Celery "backfill" ─► workers ─► archive ─► counts
"""
