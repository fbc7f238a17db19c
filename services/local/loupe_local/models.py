"""The model that everything begins with: registered, and released if no version is."""

from pathlib import Path

from pydantic import ValidationError

from loupe_local.azurite import MODELS, Azurite
from loupe_shared.adapters.blob_registry import BlobRegistry
from loupe_shared.bundle import MANIFEST_FILE, Bundle, Manifest
from loupe_shared.domain import now
from loupe_shared.errors import ConfigurationError
from loupe_shared.release.ports import VersionExists
from loupe_shared.release.release import Action, Change, Release


def name_of(folder: Path) -> str:
    """The name of the model in a folder.

    Raises:
        ConfigurationError: the folder has no bundle.
    """
    try:
        return Manifest.model_validate_json((folder / MANIFEST_FILE).read_bytes()).name
    except OSError as error:
        what = f"{error.strerror} ({error.filename})"
        raise ConfigurationError(f"the model bundle {folder} cannot be read: {what}") from error
    except ValidationError as error:
        raise ConfigurationError(f"{folder} is no model bundle: {str(error).splitlines()[0]}") from error


def release_bundle(azurite: Azurite, folder: Path) -> None:
    """Register a bundle, and promote it if nothing is released of its model yet.

    Raises:
        InvalidBundle: the folder has none.
        ConfigurationError: another one is registered under its number.
        StorageUnavailable: the storage did not take it.
    """
    bundle = Bundle.load(folder)
    name, version = bundle.manifest.name, bundle.manifest.version
    with azurite.blobs() as blobs:
        registry = BlobRegistry(blobs, MODELS)
        try:
            registry.register(bundle)
        except VersionExists as error:
            raise ConfigurationError(f"the model in {folder} is not that of the last run: {error}") from error
        if registry.release(name) is None:
            detail = f"version {version} serves"
            change = Change(action=Action.PROMOTE, at=now(), by="loupe up", why="it came with Loupe", detail=detail)
            registry.replace(Release(name=name, serving=version).changed(change))
