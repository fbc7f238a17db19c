"""Comparisons, as the API shows them."""

from collections.abc import Mapping
from urllib.parse import quote

from loupe_shared.api.images import ImageName
from loupe_shared.api.shadows import (
    MAX_PAIRS,
    LabelPair,
    Opinion,
    ShadowDisagreement,
    ShadowReport,
    VersionComparison,
)
from loupe_shared.release.agreement import agreements
from loupe_shared.release.shadows import ShadowStore
from loupe_shared.shadow import Comparison, Pair


def report(store: ShadowStore, name: str, version: int, limit: int) -> ShadowReport:
    """What a version said while it looked on.

    Args:
        store: where that is kept.
        name: of the model.
        version: that looked on.
        limit: of disagreements with each version that answered.
    """
    counts = store.count(name, version)
    return ShadowReport(
        name=name,
        version=version,
        comparisons=tuple(
            VersionComparison(
                serving=serving,
                images=agreement.images,
                agreement=agreement.share,
                matrix=_matrix(counts, serving),
                disagreements=tuple(map(_shown, store.surest(name, version, serving, limit) if limit else ())),
            )
            for serving, agreement in agreements(counts).items()
        ),
    )


def _matrix(counts: Mapping[Pair, int], serving: int) -> tuple[LabelPair, ...]:
    cells = [
        LabelPair(answered=pair.answered, shadow=pair.shadow, images=images)
        for pair, images in counts.items()
        if pair.serving == serving
    ]
    return tuple(sorted(cells, key=lambda cell: (-cell.images, cell.answered, cell.shadow))[:MAX_PAIRS])


def _shown(comparison: Comparison) -> ShadowDisagreement:
    image, answered, shadow = comparison.image, comparison.answered, comparison.shadow
    where = f"{image.container}/{quote(image.blob)}"
    return ShadowDisagreement(
        image=ImageName(container=image.container, blob=image.blob),
        etag=image.etag,
        answered=Opinion(label=answered.label, score=answered.score),
        shadow=Opinion(label=shadow.label, score=shadow.score),
        at=comparison.at,
        href=f"/v1/images/{where}",
        picture=f"/v1/content/{where}",
    )
