"""Versions of models: looking at them, registering further ones, and saying which of them answer."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TypedDict, Unpack

from loupe_client.addresses import body_of, quoted
from loupe_client.connection import Connection
from loupe_client.errors import ApiError, StrangeAnswer, UploadFailed
from loupe_shared.release.documents import ModelInFull, ModelList, ModelSummary, Registration
from loupe_shared.release.release import Release

MANIFEST_FILE = "manifest.json"


class Overruling(TypedDict, total=False):
    """What is known and wanted all the same.

    Attributes:
        new_labels: the version is meant to have other labels than the one that serves.
        force: whatever speaks against it; that is noted.
    """

    new_labels: bool
    force: bool


class Models:
    """The part of the client for models.

    Those methods that change a release say why, and give the release as it is then. They raise ``NotFound`` if there is
    no such model or version, and ``Conflict`` if something speaks against it, or somebody else has just changed it.
    """

    _api: Connection
    _storage: Connection

    def models(self) -> tuple[ModelSummary, ...]:
        """All models with their versions and releases."""
        return self._api.ask(ModelList, "GET", "/v1/models").models

    def model(self, name: str) -> ModelInFull:
        """One of them, with what is known of its versions.

        Raises:
            NotFound: there is no such model.
        """
        return self._api.ask(ModelInFull, "GET", f"/v1/models/{quoted(name)}")

    def promote(self, name: str, version: int, why: str, **overruling: Unpack[Overruling]) -> Release:
        """Let a version serve."""
        return self._change(name, "promote", {"version": version, "why": why, **overruling})

    def canary(self, name: str, version: int, share: float, why: str, **overruling: Unpack[Overruling]) -> Release:
        """Let a version answer for a share of the images, below 1. With 0, that ends."""
        return self._change(name, "canary", {"version": version, "share": share, "why": why, **overruling})

    def shadow(self, name: str, versions: Iterable[int], why: str) -> Release:
        """Let versions answer without being shown, in the place of those that do so. With none, that ends."""
        return self._change(name, "shadow", {"versions": list(versions), "why": why})

    def roll_back(self, name: str, why: str) -> Release:
        """Let the version serve that did before, and end the canary."""
        return self._change(name, "rollback", {"why": why})

    def register(self, folder: str | os.PathLike[str]) -> Registration:
        """Register the bundle in a folder. To register the same again changes nothing.

        Raises:
            Conflict: there is a version of this number already, and it is another.
            Invalid: the folder has no manifest that the API understands.
            UploadFailed: a file did not reach storage. Register again: what has arrived stays.
            OSError: a file cannot be read.
        """
        manifest = (Path(folder) / MANIFEST_FILE).read_bytes()
        begun = self.register_version(manifest)
        for link in begun.uploads:
            content = (Path(folder) / link.file).read_bytes()
            try:
                self._storage.content(self._storage.request("PUT", link.url, content=content, headers=begun.headers))
            except ApiError as error:
                raise UploadFailed(link.file, error) from error
        ended = self.register_version(manifest) if begun.uploads else begun
        if not ended.is_registered:
            raise StrangeAnswer("files that were uploaded are not there")
        return ended

    def register_version(self, manifest: bytes) -> Registration:
        """Register a version by the text of its manifest, or learn where to put its files. ``register`` does both."""
        headers = {"Content-Type": "application/json"}
        return self._api.answer(
            Registration, self._api.request("POST", "/v1/models", content=manifest, headers=headers)
        )

    def _change(self, name: str, action: str, body: dict[str, object]) -> Release:
        return self._api.ask(Release, "POST", f"/v1/models/{quoted(name)}/{action}", body=body_of(body))
