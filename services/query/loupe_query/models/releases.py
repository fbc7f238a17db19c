"""Where people look at models, and say which of their versions answer."""

from collections.abc import Iterable, Sequence

from loupe_query.models.errors import ModelUnknown, NoRegistry, ReleaseConflict, VersionRefused
from loupe_shared.bundle import Manifest
from loupe_shared.domain import now
from loupe_shared.release.documents import CanaryWanted, Overruling, Promotion, ShadowsWanted
from loupe_shared.release.gates import GATES, Candidate, Gate, objections, preprocessing_gate, reservation
from loupe_shared.release.ports import Registry
from loupe_shared.release.release import Action, Canary, Change, Release


class Releases:
    """Releases of the models of a registry.

    What is asked for again while it is so already changes nothing, and is not noted twice.

    Every method raises ``StorageUnavailable`` when the registry does not answer, ``NoRegistry`` if there is none, and
    ``ModelUnknown`` if there is no such model or version; those that change something raise ``ReleaseChanged`` when
    somebody else does so at the same moment.

    Args:
        registry: of models; unset if the service is not told where it is.
        gates: by which versions are judged before they answer.
    """

    def __init__(self, registry: Registry | None, gates: Sequence[Gate] = GATES) -> None:
        self._found = registry
        self._gates = gates

    def every(self) -> list[tuple[str, list[Manifest], Release | None]]:
        """All models, with what ``look`` gives of each."""
        registry = self._registry
        return [(name, registry.versions(name), registry.release(name)) for name in registry.names()]

    def look(self, name: str) -> tuple[list[Manifest], Release | None]:
        """The versions of a model, the newest first, and its release."""
        manifests = self._registry.versions(name)
        if not manifests:
            raise ModelUnknown(name)
        return manifests, self._registry.release(name)

    def objections(self, manifest: Manifest, manifests: Iterable[Manifest], release: Release | None) -> tuple[str, ...]:
        """What speaks against promoting a version now."""
        if release and release.serving == manifest.version:
            return ()
        return objections(_candidate(manifest, manifests, release), self._gates)

    def promote(self, name: str, wanted: Promotion, by: str) -> Release:
        """Let a version serve.

        Raises:
            VersionRefused: something speaks against it.
        """
        manifests, release = self.look(name)
        version = wanted.version
        manifest = _version(manifests, name, version)
        if release and release.serving == version:
            return release
        overruled = self._judge(manifest, manifests, release, wanted)
        old = release or Release(name=name, serving=version)
        detail = f"version {version} serves" + (f", in place of {release.serving}" if release else "") + overruled
        return self._change(
            old,
            _change(Action.PROMOTE, wanted.why, by, detail),
            serving=version,
            previous=release.serving if release else None,
            canary=_canary_but(old, version),
            shadows=_shadows_but(old, version),
        )

    def canary(self, name: str, wanted: CanaryWanted, by: str) -> Release:
        """Let a version answer for a part of the images, or end that.

        Raises:
            VersionRefused: something speaks against it.
            ReleaseConflict: it serves, or no version does.
        """
        manifests, release = self._released(name)
        if not wanted.version or not wanted.share:
            if release.canary is None:
                return release
            detail = f"version {release.canary.version} is no canary any more"
            return self._change(release, _change(Action.CANARY, wanted.why, by, detail), canary=None)
        manifest = _version(manifests, name, wanted.version)
        canary = Canary(version=wanted.version, share=wanted.share)
        if release.canary == canary:
            return release
        if release.serving == canary.version:
            raise ReleaseConflict(f"version {canary.version} serves already, so it cannot be tried on a part")
        detail = f"version {canary.version} answers for {canary.share:.2%} of the images"
        detail += self._judge(manifest, manifests, release, wanted)
        change = _change(Action.CANARY, wanted.why, by, detail)
        return self._change(release, change, canary=canary, shadows=_shadows_but(release, canary.version))

    def shadow(self, name: str, wanted: ShadowsWanted, by: str) -> Release:
        """Let versions answer without being shown, in the place of those that do so.

        Raises:
            ReleaseConflict: one answers otherwise, or no worker could load it, or none serves.
        """
        manifests, release = self._released(name)
        shadows = tuple(dict.fromkeys(wanted.versions))
        for version in shadows:
            manifest = _version(manifests, name, version)
            if version in (release.serving, release.canary.version if release.canary else None):
                raise ReleaseConflict(f"version {version} answers already, so it cannot look on")
            if objection := preprocessing_gate(Candidate(manifest)):
                raise ReleaseConflict(f"version {version} cannot look on: {objection}")
        if shadows == release.shadows:
            return release
        detail = f"looking on: {', '.join(map(str, shadows))}" if shadows else "no version looks on any more"
        return self._change(release, _change(Action.SHADOW, wanted.why, by, detail), shadows=shadows)

    def roll_back(self, name: str, why: str, by: str) -> Release:
        """Let the version serve that did before, and end the canary. Once: what it replaces is not gone back to.

        Raises:
            ReleaseConflict: none served before.
        """
        _, release = self._released(name)
        version = release.previous
        if version is None:
            raise ReleaseConflict(
                f"version {release.serving} of {name} has no version before it to which one could roll back: "
                "promote the one that you want"
            )
        detail = f"version {version} serves again, in place of {release.serving}"
        change = _change(Action.ROLLBACK, why, by, detail)
        shadows = _shadows_but(release, version)
        return self._change(release, change, serving=version, previous=None, canary=None, shadows=shadows)

    @property
    def _registry(self) -> Registry:
        if self._found is None:
            raise NoRegistry
        return self._found

    def _released(self, name: str) -> tuple[list[Manifest], Release]:
        manifests, release = self.look(name)
        if release is None:
            raise ReleaseConflict(f"no version of {name} serves yet: promote one first")
        return manifests, release

    def _judge(
        self, manifest: Manifest, manifests: Iterable[Manifest], release: Release | None, wanted: Overruling
    ) -> str:
        """What is to be noted of a version that is let through."""
        candidate = _candidate(manifest, manifests, release, new_labels=wanted.new_labels)
        found = objections(candidate, self._gates)
        if found and not wanted.force:
            raise VersionRefused(manifest.version, found)
        reserved = f"; {sentence}" if (sentence := reservation(candidate)) else ""
        return reserved + (f"; by force, although {'; '.join(found)}" if found else "")

    def _change(self, release: Release, change: Change, **to: object) -> Release:
        changed = release.changed(change, **to)
        self._registry.replace(changed)
        return changed


def _candidate(
    manifest: Manifest, manifests: Iterable[Manifest], release: Release | None, *, new_labels: bool = False
) -> Candidate:
    serving = next((one for one in manifests if release and one.version == release.serving), None)
    return Candidate(manifest, serving, new_labels)


def _version(manifests: Iterable[Manifest], name: str, version: int) -> Manifest:
    for manifest in manifests:
        if manifest.version == version:
            return manifest
    raise ModelUnknown(name, version)


def _change(action: Action, why: str, by: str, detail: str) -> Change:
    return Change(action=action, at=now(), by=by, why=why, detail=detail)


def _canary_but(release: Release, version: int) -> Canary | None:
    return None if release.canary and release.canary.version == version else release.canary


def _shadows_but(release: Release, version: int) -> tuple[int, ...]:
    return tuple(shadow for shadow in release.shadows if shadow != version)
