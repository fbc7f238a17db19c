"""Where models are registered and released."""

from pathlib import Path
from typing import Protocol

from loupe_shared.bundle import Bundle, Manifest
from loupe_shared.errors import PermanentError
from loupe_shared.release.release import Release


class VersionExists(PermanentError):
    """A version of this number is registered already, and versions are never altered."""


class VersionUnknown(PermanentError):
    """There is no such model, or no such version of it."""


class ReleaseChanged(PermanentError):
    """A release is not any more as it was when it was read."""


class Registry(Protocol):
    """Bundles under immutable versions, and which of them are released.

    Safe for use from several threads. Every method raises ``StorageUnavailable`` when it does not answer.
    """

    def names(self) -> list[str]:
        """The models that there are, by name."""

    def versions(self, name: str) -> list[Manifest]:
        """The manifests of a model's versions, the newest first; none if there is no such model."""

    def register(self, bundle: Bundle) -> None:
        """Keep a bundle, whose files were checked. It is seen when all of it is there.

        Raises:
            VersionExists: with other files; to register the same again changes nothing.
        """

    def fetch(self, name: str, version: int, folder: Path) -> Bundle:
        """Bring a bundle into a folder, where it appears whole and checked, unless it is there already.

        Raises:
            VersionUnknown: there is no such version.
            InvalidBundle: what came is not what the manifest says, or was made for other preprocessing.
        """

    def read(self, name: str, version: int, file: str) -> bytes | None:
        """A small file of a version; nothing if it has none of this name.

        Raises:
            VersionUnknown: there is no such version.
            InvalidBundle: what came is not what the manifest says.
        """

    def release(self, name: str) -> Release | None:
        """What is released of a model; nothing if none of its versions was promoted yet."""

    def replace(self, release: Release) -> None:
        """Keep a release as it is now.

        Args:
            release: what ``changed`` gave of the one that was read, or a first one of revision 1.

        Raises:
            ReleaseChanged: what is kept has another revision than the one before this.
        """


class Intake(Protocol):
    """Takes bundles whose files others bring to where the registry keeps them.

    Safe for use from several threads. Every method raises ``StorageUnavailable`` when it does not answer.
    """

    def missing(self, manifest: Manifest) -> list[str]:
        """The files of a bundle that are not there yet. Reads those that are.

        Raises:
            VersionExists: the version is registered, or a file of it is there, with other content.
        """

    def complete(self, manifest: Manifest) -> None:
        """Let a bundle be seen of which no file is missing.

        Raises:
            VersionExists: the version is registered with other files.
        """
