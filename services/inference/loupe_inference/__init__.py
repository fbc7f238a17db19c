"""Classify jobs in, predictions out.

Celery "classify" ─► fetch ─► decode ─► batch ─► ONNX Runtime ─► results ─► Celery "store"
"""
