"""What a version says that looks on, as the description of the API shows it."""

import json
from datetime import UTC, datetime

from loupe_shared.api.images import ImageName
from loupe_shared.api.shadows import LabelPair, Opinion, ShadowDisagreement, ShadowReport, VersionComparison

_DISAGREEMENT = ShadowDisagreement(
    image=ImageName(container="images", blob="line 3/0412.jpg"),
    etag="0x8DE29A7F1C2B3A4",
    answered=Opinion(label="intact", score=0.87),
    shadow=Opinion(label="cracked", score=0.94),
    at=datetime(2026, 11, 22, 8, 15, 31, 7421, UTC),
    href="/v1/images/images/line%203/0412.jpg",
    picture="/v1/content/images/line%203/0412.jpg",
)
_COMPARISON = VersionComparison(
    serving=1,
    images=1204,
    agreement=0.9618,
    matrix=(
        LabelPair(answered="intact", shadow="intact", images=1033),
        LabelPair(answered="cracked", shadow="cracked", images=125),
        LabelPair(answered="intact", shadow="cracked", images=37),
        LabelPair(answered="cracked", shadow="intact", images=9),
    ),
    disagreements=(_DISAGREEMENT,),
)

REPORT = json.loads(ShadowReport(name="solar-cells", version=2, comparisons=(_COMPARISON,)).model_dump_json())
