"""Which loaded model answers for which image, and which look on."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from loupe_inference.model import ServedModel
from loupe_shared.domain import ImageRef
from loupe_shared.release.release import Release


@dataclass(frozen=True, eq=False)
class Lineup:
    """The models of a release, ready to answer.

    Attributes:
        release: which says who answers for whom.
        answering: the models of the version that serves and of the canary, by version.
        shadows: the models that look on.
    """

    release: Release
    answering: Mapping[int, ServedModel]
    shadows: tuple[ServedModel, ...] = ()

    @classmethod
    def of(cls, model: ServedModel) -> Self:
        """One model, which answers for all images."""
        version = model.version
        return cls(Release(name=version.name, serving=version.version), {version.version: model})

    @property
    def serving(self) -> ServedModel:
        """The model that answers unless a canary does."""
        return self.answering[self.release.serving]

    @property
    def models(self) -> tuple[ServedModel, ...]:
        """All of them."""
        return (*self.answering.values(), *self.shadows)

    @property
    def is_complete(self) -> bool:
        """Whether no shadow version is missing."""
        return len(self.shadows) == len(self.release.shadows)

    def split(self, images: Sequence[ImageRef]) -> list[tuple[ServedModel, list[ImageRef]]]:
        """Each model that answers for some of the images, with these in their order."""
        parts: dict[int, list[ImageRef]] = defaultdict(list)
        for image in images:
            parts[self.release.version_for(image.id)].append(image)
        return [(self.answering[version], part) for version, part in parts.items()]
