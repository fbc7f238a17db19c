"""How many labels the review queue saves: ``make active-learning``.

fashion       pictures with known labels
embedded      their embeddings, made once
reviewing     the pool as an archive, of which the real queue says what to label next; and chance beside it
study         labels ─► head ─► accuracy, round after round
outcome       how many labels each needs
"""
