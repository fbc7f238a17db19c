"""From labels, wherever they come from, to a data set that a model is trained on.

    labels in a format ─┐
    reviews of Loupe ───┴─► pictures with labels ─► checked ─► near-duplicates ─► groups ─► splits ─► snapshot

Nothing here needs torch.
"""
