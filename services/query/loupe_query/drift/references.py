"""What bundles say of the pictures that their models were trained for."""

import re
import threading
from pathlib import Path
from typing import Protocol

from loupe_shared.bundle import Bundle
from loupe_shared.drift.reference import REFERENCE_FILE, Reference
from loupe_shared.release.ports import Registry, VersionUnknown

_MODEL = re.compile(r"([a-z0-9][a-z0-9-]{0,99}):([1-9][0-9]{0,8})")


class References(Protocol):
    """Where references are found."""

    def of(self, model: str) -> Reference | None:
        """That of a model, by ``name:version``; nothing if its bundle has none, or is not known here.

        Raises:
            InvalidBundle: there is one that cannot be used.
            StorageUnavailable: the registry does not answer.
        """


class BundleReferences:
    """``References`` of a registry, and of the bundle in a folder. Each is read once: versions never change.

    Args:
        registry: of models; unset if there is none.
        folder: of a bundle; unset if there is none.
    """

    def __init__(self, registry: Registry | None, folder: Path | None) -> None:
        self._registry = registry
        self._folder = folder
        self._known: dict[str, Reference] = {}
        self._reading = threading.Lock()

    def of(self, model: str) -> Reference | None:
        """See ``References.of``."""
        with self._reading:
            if model not in self._known:
                content = self._registered(model) or self._local(model)
                if content is None:
                    return None
                self._known[model] = Reference.read(content, model)
            return self._known[model]

    def _registered(self, model: str) -> bytes | None:
        named = _MODEL.fullmatch(model)
        if self._registry is None or named is None:
            return None
        try:
            return self._registry.read(named[1], int(named[2]), REFERENCE_FILE)
        except VersionUnknown:
            return None

    def _local(self, model: str) -> bytes | None:
        if self._folder is None:
            return None
        bundle = Bundle.load(self._folder)
        if str(bundle.manifest.model_version()) != model or REFERENCE_FILE not in bundle.manifest.files:
            return None
        return (bundle.folder / REFERENCE_FILE).read_bytes()
