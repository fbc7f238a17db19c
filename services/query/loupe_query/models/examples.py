"""Models and their releases, as the description of the API shows them."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import BaseModel

from loupe_shared.card import Metrics, Provenance
from loupe_shared.release.documents import (
    FileLink,
    ModelInFull,
    ModelList,
    ModelSummary,
    Registration,
    Version,
)
from loupe_shared.release.release import Action, Canary, Change, Release

_AT = datetime(2026, 11, 22, 8, 15, 30, 123456, UTC)
_NAME = "solar-cells"
_WHY = "the cells of the new supplier were labelled"


def _change(action: Action, hours: int, detail: str, why: str = _WHY) -> Change:
    return Change(action=action, at=_AT + timedelta(hours=hours), by="Ada", why=why, detail=detail)


_FIRST = Release(name=_NAME, serving=1).changed(_change(Action.PROMOTE, 0, "version 1 serves", "the first"))
_CANARY = _FIRST.changed(
    _change(Action.CANARY, 24, "version 2 answers for 5.00% of the images"), canary=Canary(version=2, share=0.05)
)
_PROMOTED = _CANARY.changed(
    _change(Action.PROMOTE, 48, "version 2 serves, in place of 1"), serving=2, previous=1, canary=None
)
_SHADOWED = _PROMOTED.changed(_change(Action.SHADOW, 72, "looking on: 3", "to be compared"), shadows=(3,))
_ROLLED_BACK = _PROMOTED.changed(
    _change(Action.ROLLBACK, 50, "version 1 serves again, in place of 2", "too many false alarms on line 3"),
    serving=1,
    previous=None,
)


def _version(version: int, accuracy: float) -> Version:
    return Version(
        version=version,
        labels=2,
        provenance=Provenance(weights="torchvision ResNet-18, fine-tuned", licence="MIT", exporter="torch 2.14.1"),
        metrics=Metrics(
            test_set="8d41f0a5c7e2b6939b1d0c4e7f5a2368", images=412, accuracy=accuracy, balanced_accuracy=0.912
        ),
        quantization=None,
        objections=(),
    )


def _json(shown: BaseModel) -> Any:  # noqa: ANN401
    return json.loads(shown.model_dump_json())


MODELS = _json(ModelList(models=(ModelSummary(name=_NAME, versions=(2, 1), release=_CANARY),)))
MODEL = _json(ModelInFull(name=_NAME, versions=(_version(2, 0.941), _version(1, 0.929)), release=_CANARY))
CANARY, PROMOTED, SHADOWED, ROLLED_BACK = map(_json, (_CANARY, _PROMOTED, _SHADOWED, _ROLLED_BACK))
REGISTRATION = _json(
    Registration(
        name=_NAME,
        version=3,
        is_registered=False,
        uploads=(
            FileLink(
                file="model.onnx", url="https://account.blob.core.windows.net/models/solar-cells/3/model.onnx?sp=c"
            ),
        ),
        headers={"x-ms-blob-type": "BlockBlob"},
        expires_at=_AT + timedelta(hours=1),
    )
)
