"""How a registry lies in storage, whichever that is.

    NAME/VERSION/model.onnx, …     the files of a bundle
    NAME/VERSION/manifest.json     written last: a version is there when its manifest is
    NAME/release.json              what is released of the model

Files and manifests are written where nothing is, and never again. So whoever reads a manifest finds the files that it
describes, whatever was interrupted, and whoever else registers the same version at the same time.
"""

import hashlib
import logging
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from pydantic import ValidationError

from loupe_shared.adapters.bundle_folder import brought
from loupe_shared.bundle import MANIFEST_FILE, Bundle, Manifest
from loupe_shared.errors import BlobGone, InvalidBundle, StorageUnavailable
from loupe_shared.release.ports import ReleaseChanged, VersionExists, VersionUnknown
from loupe_shared.release.release import Release

RELEASE_FILE = "release.json"
_VERSION = re.compile(rf"([a-z0-9][a-z0-9-]*)/([1-9][0-9]{{0,8}})/{re.escape(MANIFEST_FILE)}")

log = logging.getLogger(__name__)


class Document(NamedTuple):
    """A small file, and the mark that changes when it does."""

    content: bytes
    etag: str


def path_of(name: str, version: int, file: str) -> str:
    """Where a file of a bundle is."""
    return f"{name}/{version}/{file}"


class StoredRegistry(ABC):
    """``Registry`` and ``Intake`` over whatever keeps files by their names."""

    def __init__(self) -> None:
        self._manifests: dict[tuple[str, int], Manifest] = {}  # they never change

    @abstractmethod
    def _names(self, prefix: str) -> list[str]:
        """The names of all files that begin so."""

    @abstractmethod
    def _read(self, path: str) -> Document:
        """A small file.

        Raises:
            BlobGone: there is none.
        """

    @abstractmethod
    def _chunks(self, path: str) -> Iterator[bytes]:
        """A file of any length, in parts.

        Raises:
            BlobGone: there is none.
        """

    @abstractmethod
    def _create(self, path: str, content: bytes | BinaryIO) -> bool:
        """Write a file, all of it at once, unless there is one of this name. Whether that was so."""

    @abstractmethod
    def _replace(self, path: str, content: bytes, etag: str) -> bool:
        """Write a small file in the place of one with this mark. Whether it was the one that is there."""

    def names(self) -> list[str]:
        """See ``Registry.names``."""
        return sorted({name for name, _ in self._found("")})

    def versions(self, name: str) -> list[Manifest]:
        """See ``Registry.versions``. What cannot be understood is left out, and said in the log."""
        found = [self._manifest(name, version) for _, version in sorted(self._found(f"{name}/"), reverse=True)]
        return [manifest for manifest in found if manifest]

    def register(self, bundle: Bundle) -> None:
        """See ``Registry.register``."""
        manifest = bundle.manifest
        for file in self.missing(manifest):
            with (bundle.folder / file).open("rb") as content:
                is_new = self._create(path_of(manifest.name, manifest.version, file), content)
            if not is_new:  # somebody registers the same version now
                self._require_same(manifest, file)
        self.complete(manifest)

    def missing(self, manifest: Manifest) -> list[str]:
        """See ``Intake.missing``."""
        known = self._manifest(manifest.name, manifest.version)
        if known:
            _require_equal(known, manifest)
            return []
        there = set(self._names(path_of(manifest.name, manifest.version, "")))
        for file in manifest.files:
            if path_of(manifest.name, manifest.version, file) in there:
                self._require_same(manifest, file)
        return [file for file in manifest.files if path_of(manifest.name, manifest.version, file) not in there]

    def complete(self, manifest: Manifest) -> None:
        """See ``Intake.complete``."""
        path = path_of(manifest.name, manifest.version, MANIFEST_FILE)
        if not self._create(path, manifest.to_json().encode()):
            known = self._manifest(manifest.name, manifest.version)
            _require_equal(known, manifest)

    def fetch(self, name: str, version: int, folder: Path) -> Bundle:
        """See ``Registry.fetch``. A folder whose files were altered is replaced."""

        def fill(made: Path) -> None:
            manifest = self._known(name, version)
            try:
                for file in manifest.files:
                    with (made / file).open("wb") as content:
                        content.writelines(self._chunks(path_of(name, version, file)))
            except BlobGone as error:
                raise _not_whole(name, version, error) from error
            (made / MANIFEST_FILE).write_text(manifest.to_json(), encoding="utf-8")

        return brought(name, version, folder, fill)

    def read(self, name: str, version: int, file: str) -> bytes | None:
        """See ``Registry.read``."""
        expected = self._known(name, version).files.get(file)
        if expected is None:
            return None
        try:
            content = self._read(path_of(name, version, file)).content
        except BlobGone as error:
            raise _not_whole(name, version, error) from error
        if hashlib.sha256(content).hexdigest() != expected:
            raise InvalidBundle(f"{path_of(name, version, file)} is not the file that the manifest describes")
        return content

    def release(self, name: str) -> Release | None:
        """See ``Registry.release``."""
        found = self._released(name)
        return found[0] if found else None

    def replace(self, release: Release) -> None:
        """See ``Registry.replace``."""
        path, content = f"{release.name}/{RELEASE_FILE}", release.to_json().encode()
        found = self._released(release.name)
        kept = found[0].revision if found else 0
        if kept == release.revision - 1 and (
            self._replace(path, content, found[1]) if found else self._create(path, content)
        ):
            return
        # A write whose answer was lost is tried again, and then finds itself.
        if self.release(release.name) != release:
            raise ReleaseChanged(f"the release of {release.name} has changed meanwhile: look at it, and try again")

    def _released(self, name: str) -> tuple[Release, str] | None:
        try:
            document = self._read(f"{name}/{RELEASE_FILE}")
            return Release.model_validate_json(document.content), document.etag
        except BlobGone:
            return None
        except ValidationError as error:
            raise StorageUnavailable(f"{name}/{RELEASE_FILE} is no release: write another in its place") from error

    def _found(self, prefix: str) -> list[tuple[str, int]]:
        matches = [_VERSION.fullmatch(path) for path in self._names(prefix)]
        return [(match[1], int(match[2])) for match in matches if match]

    def _known(self, name: str, version: int) -> Manifest:
        manifest = self._manifest(name, version)
        if manifest is None:
            raise VersionUnknown(f"there is no version {version} of the model {name}")
        return manifest

    def _manifest(self, name: str, version: int) -> Manifest | None:
        known = self._manifests.get((name, version))
        if known:
            return known
        path = path_of(name, version, MANIFEST_FILE)
        try:
            manifest = Manifest.model_validate_json(self._read(path).content)
        except BlobGone:
            return None
        except ValidationError as error:
            log.warning("%s is not a manifest that is understood here: %s", path, error.errors()[0]["msg"])
            return None
        if (manifest.name, manifest.version) != (name, version):
            log.warning("%s is the manifest of %s:%s", path, manifest.name, manifest.version)
            return None
        return self._manifests.setdefault((name, version), manifest)

    def _require_same(self, manifest: Manifest, file: str) -> None:
        digest = hashlib.sha256()
        for chunk in self._chunks(path_of(manifest.name, manifest.version, file)):
            digest.update(chunk)
        if digest.hexdigest() != manifest.files[file]:
            raise VersionExists(
                f"somebody has begun to register another version {manifest.version} of {manifest.name}, with another "
                f"{file}: register this one under the next number"
            )


def _not_whole(name: str, version: int, error: BlobGone) -> VersionUnknown:
    return VersionUnknown(f"version {version} of {name} is not whole any more: {error}")


def _require_equal(known: Manifest | None, manifest: Manifest) -> None:
    if known != manifest:
        raise VersionExists(
            f"version {manifest.version} of {manifest.name} is registered already, and is another: "
            "register this one under the next number"
        )
