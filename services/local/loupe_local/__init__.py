"""All of Loupe on one machine: ``make run``.

    Valkey ─ Azurite ─(bridge)─ results ─ query ─ inference ─ ingestion ─► upload ─► watch ─► table

The services run exactly as in production; only their neighbours are small. Azurite sends no events, so the bridge
writes Event Grid's messages to the storage queue in its place.
"""
