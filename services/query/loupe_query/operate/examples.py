"""Answers to operators, as the description of the API shows them."""

import json
from datetime import UTC, datetime

from loupe_shared.api.images import ImageName
from loupe_shared.api.operate import (
    DeadLetter,
    DeadLetterInFull,
    DeadLetterPage,
    LettersDismissed,
    LettersReplayed,
    Reclassified,
    RefusedLetter,
    Source,
)

_LETTER = DeadLetter(
    id="5f0c1b7a9e3d4c2f8a6b7d1e0f9c3a52",
    source=Source.CLASSIFY,
    reason="InvalidBundle: the graph has no output named probabilities",
    at=datetime(2026, 11, 22, 8, 15, 31, 7421, UTC),
    images=(ImageName(container="images", blob="samples/coffee.png"),),
)
_MALFORMED = "it is malformed and would be set aside again: images: Field required"

LETTER = json.loads(
    DeadLetterInFull(
        **(_LETTER.model_dump() | {"reason": "malformed: 1 validation error for ClassifyJob"}),
        message='{"version":1,"image":{"container":"images","blob":"samples/coffee.png"}}',
        obstacle=_MALFORMED,
    ).model_dump_json()
)
LETTERS = json.loads(
    DeadLetterPage(letters=(_LETTER,), next="1795335331007421-5f0c1b7a9e3d4c2f8a6b7d1e0f9c3a52").model_dump_json()
)
REPLAYED = json.loads(
    LettersReplayed(
        replayed=41,
        refused=1,
        refusals=(RefusedLetter(id="0c9a52d1b7e84f63a1f0e2d3c4b5a697", detail=_MALFORMED),),
        missing=0,
        more=False,
    ).model_dump_json()
)
DISMISSED = json.loads(LettersDismissed(dismissed=2, missing=0, more=False).model_dump_json())
RECLASSIFIED = json.loads(
    Reclassified(asked=311, deleted=2, missing=(ImageName(container="images", blob="never/was.png"),)).model_dump_json()
)
