"""Drift, as the description of the API shows it."""

import json
from datetime import date

from loupe_shared.api.drift import Aspect, DriftFigure, DriftReport, Share, Verdict

_FIGURES = (
    DriftFigure(
        aspect=Aspect.LABELS,
        verdict=Verdict.DRIFT,
        psi=0.312,
        p_value=0.0004,
        images=8120,
        reference_images=640,
        shares=(
            Share(name="cracked", reference=0.08, window=0.27),
            Share(name="intact", reference=0.92, window=0.73),
        ),
    ),
    DriftFigure(
        aspect=Aspect.EMBEDDINGS,
        verdict=Verdict.UNKNOWN,
        images=0,
        reference_images=640,
        shares=(),
        note="these days have 0 images with embeddings, and 50 are needed: take more days",
    ),
)

REPORT = json.loads(
    DriftReport(
        model="solar-cells:2",
        since=date(2026, 11, 16),
        until=date(2026, 11, 23),
        reference="training",
        verdict=Verdict.DRIFT,
        figures=_FIGURES,
    ).model_dump_json()
)
