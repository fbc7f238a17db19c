"""What pods are told is what the services read: their own settings classes take it."""

import pytest

from charts.settings import MANAGED, SERVICES, known, secrets, settable
from tests.helm import CPU, Manifest, environment, render, services

# Beside Loupe's own settings.
AZURE = {"AZURE_TOKEN_CREDENTIALS"}
# Stand-ins for what Secrets hold.
SECRETS = {"LOUPE_BROKER_URL": "redis://:secret@broker:6379/0"}


def service_of(component: str) -> str:
    """The program of a component."""
    return "inference" if component == "backfill" else component


def test_every_variable_is_a_setting_of_its_service(manifests: list[Manifest]) -> None:
    for component, pod in services(manifests).items():
        assert set(environment(pod)) <= {*known(service_of(component)), *AZURE}, component


def test_every_service_starts_with_what_it_is_told(manifests: list[Manifest], monkeypatch: pytest.MonkeyPatch) -> None:
    found = services(manifests)
    assert set(found) == {*SERVICES, "backfill"} - {"training"}  # which test_training.py looks at
    for component, pod in found.items():
        with monkeypatch.context() as patch:
            for name, value in environment(pod).items():
                patch.setenv(name, SECRETS.get(name, "secret") if value is None else value)
            settings = SERVICES[service_of(component)].load()
            lane = getattr(settings, "lane", None)
        assert lane == {"inference": "live", "backfill": "backfill"}.get(component)


@pytest.mark.parametrize("service", SERVICES)
def test_every_setting_can_be_set(service: str) -> None:
    assert {*settable(service), *secrets(service), *(MANAGED & set(known(service)))} == set(known(service))


def test_settings_reach_their_service_as_they_were_written(monkeypatch: pytest.MonkeyPatch) -> None:
    changes = {
        "settings.LOUPE_MAX_IMAGE_BYTES": 50_000_000,
        "settings.LOUPE_LOG_LEVEL": "DEBUG",
        "query.settings.LOUPE_LOG_LEVEL": "WARNING",
        "inference.settings.LOUPE_EMBEDDINGS": False,
        "inference.settings.LOUPE_DECODE_TIMEOUT_S": 2.5,
        "reconciler.settings.LOUPE_SWEEP_PREFIXES": ["line-1/", "a, b/"],
        "backfill.settings.LOUPE_MAX_BATCH_SIZE": 4,
    }
    found = {component: environment(pod) for component, pod in services(render(CPU, changes)).items()}
    assert found["inference"]["LOUPE_MAX_IMAGE_BYTES"] == found["query"]["LOUPE_MAX_IMAGE_BYTES"] == "50000000"
    assert [found[name]["LOUPE_LOG_LEVEL"] for name in ("query", "results")] == ["WARNING", "DEBUG"]
    assert found["inference"]["LOUPE_DECODE_TIMEOUT_S"] == "2.5"
    assert found["backfill"]["LOUPE_EMBEDDINGS"] == "false"
    assert found["backfill"]["LOUPE_MAX_BATCH_SIZE"] == "4"
    assert "LOUPE_MAX_BATCH_SIZE" not in found["inference"]
    for name, value in found["reconciler"].items():
        monkeypatch.setenv(name, SECRETS.get(name, "secret") if value is None else value)
    assert getattr(SERVICES["reconciler"].load(), "sweep_prefixes", None) == ("line-1/", "a, b/")


def test_the_model_is_where_the_workers_look() -> None:
    changes = {"model": {"claim": "models", "path": "current", "image": {"repository": ""}}}
    pod = services(render(CPU, changes))["inference"]
    assert environment(pod)["LOUPE_MODEL_BUNDLE"] == "/model/current"
    (volume,) = [volume for volume in pod["spec"]["volumes"] if volume["name"] == "model"]
    assert volume["persistentVolumeClaim"] == {"claimName": "models", "readOnly": True}
    assert "initContainers" not in pod["spec"]


def test_workers_that_follow_a_release_have_room_for_its_bundles_and_no_bundle() -> None:
    followed = {"LOUPE_MODEL_NAME": "solar-cells", "LOUPE_MODEL_CONTAINER": "models"}
    found = services(render(CPU, {f"settings.{name}": value for name, value in followed.items()}))
    for name in ("inference", "backfill"):
        told = environment(found[name])
        assert "LOUPE_MODEL_BUNDLE" not in told
        assert (told["LOUPE_MODEL_NAME"], told["LOUPE_MODEL_CACHE"]) == ("solar-cells", "/var/cache/models")
        assert {"name": "models", "emptyDir": {"sizeLimit": "4Gi"}} in found[name]["spec"]["volumes"]
        assert "initContainers" not in found[name]["spec"]
    assert environment(found["query"])["LOUPE_MODEL_CONTAINER"] == "models"


def test_tensorrt_keeps_its_engines_on_a_volume() -> None:
    changes: dict[str, object] = {
        "inference.gpu": {"count": 1, "engineClaim": "engines"},
        "inference.settings.LOUPE_DEVICE": "tensorrt",
    }
    pod = services(render(CPU, changes))["inference"]
    assert environment(pod)["LOUPE_TENSORRT_CACHE"] == "/var/cache/tensorrt"
    assert {"name": "engines", "persistentVolumeClaim": {"claimName": "engines"}} in pod["spec"]["volumes"]
