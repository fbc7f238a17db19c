"""The chart, rendered as people install it."""

import pytest

from tests.helm import INSTALLATIONS, Manifest, helm, render


@pytest.fixture(autouse=True, scope="session")
def _has_helm() -> None:
    if helm() is None:
        pytest.skip("there is no Helm: install Helm 4 (on Linux for x86-64, `make chart-test` brings it)")


@pytest.fixture(scope="session", params=INSTALLATIONS)
def manifests(request: pytest.FixtureRequest) -> list[Manifest]:
    """What each installation would create."""
    return render(INSTALLATIONS[request.param])
