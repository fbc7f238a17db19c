"""Batch jobs: what somebody wants to have classified besides what events bring."""
