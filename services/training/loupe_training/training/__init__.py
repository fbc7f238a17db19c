"""From a snapshot to a network.

pictures ─► head alone, on the embeddings of the pretrained backbone ─► all but the frozen stages ─► temperature
"""
