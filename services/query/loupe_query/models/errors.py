"""Why a release is not changed. Each message is a sentence for whoever asked."""

from loupe_shared.errors import PermanentError


class NoRegistry(PermanentError):
    """The service is not told where models are registered."""

    def __init__(self) -> None:
        super().__init__(
            "models are not released here, because LOUPE_MODEL_CONTAINER names no container: workers serve the bundle "
            "that they are given"
        )


class ModelUnknown(PermanentError):
    """There is no such model, or no such version."""

    def __init__(self, name: str, version: int | None = None) -> None:
        super().__init__(f"there is no model {name}" if version is None else f"there is no version {version} of {name}")


class ReleaseConflict(PermanentError):
    """The release is not one that can be changed so."""


class VersionRefused(PermanentError):
    """Something speaks against the version."""

    def __init__(self, version: int, objections: tuple[str, ...]) -> None:
        super().__init__(
            f"version {version} is not let through: {'; '.join(objections)}. `force` overrules this, and is noted"
        )
