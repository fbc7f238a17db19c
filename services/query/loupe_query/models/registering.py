"""How a bundle is registered by somebody who has no other access than to the API.

Its files pass between them and storage, by links with which one file of this name can be written where there is none.
Then its manifest is written here, if the files are what that says.
"""

from typing import NamedTuple

from loupe_query.models.errors import NoRegistry
from loupe_query.pictures.ports import Link, Links
from loupe_shared.bundle import Manifest
from loupe_shared.release.ports import Intake


class Place(NamedTuple):
    """Where the registry is.

    Attributes:
        container: of its files.
    """

    intake: Intake
    container: str


class Registering:
    """Takes bundles.

    Args:
        place: where to; unset if the service is not told.
        links: by which files are brought.
    """

    def __init__(self, place: Place | None, links: Links) -> None:
        self._place = place
        self._links = links

    def advance(self, manifest: Manifest) -> dict[str, Link]:
        """Register a version if its files are there, and give links for those that are not.

        Raises:
            NoRegistry: there is none.
            VersionExists: the version is registered, or a file of it is there, with other content.
            StorageUnavailable: the registry does not answer.
        """
        if self._place is None:
            raise NoRegistry
        intake, container = self._place
        missing = intake.missing(manifest)
        if not missing:
            intake.complete(manifest)
        folder = f"{manifest.name}/{manifest.version}"
        return {file: self._links.create(container, f"{folder}/{file}") for file in missing}
