"""Makes up for events that were lost: compares the container with the archive, and mends what differs.

List Blobs ───────┐
                  ├─► merge ─► differences ─► confirm, when nothing waits ─► Celery "classify", "store"
ResultStore.known ┘
"""
