"""Values that would lead nowhere good are refused, with a sentence that says what to do."""

import pytest

from tests.helm import CPU, INSTALLATIONS, Refused, render

LOCAL = INSTALLATIONS["local"]
TRAINING = {"enabled": True, "model": "line-3"}
ID = "00000000-0000-4000-8000-000000000008"


def refusal(changes: dict[str, object], installation: str = "prod-cpu") -> str:
    """Why an installation with these changes is refused."""
    with pytest.raises(Refused) as caught:
        render(INSTALLATIONS[installation], changes)
    return str(caught.value)


def test_a_value_that_means_nothing_is_refused() -> None:
    assert "additional properties 'replica' not allowed" in refusal({"query.replica": 3})
    assert "additional properties 'hpa' not allowed" in refusal({"batch.hpa.enabled": True})


def test_a_setting_that_no_service_has_is_refused() -> None:
    assert "LOUPE_JOB_SIZ" in refusal({"ingestion.settings.LOUPE_JOB_SIZ": 64})


def test_a_setting_of_another_service_is_refused() -> None:
    assert "LOUPE_STREAMS" in refusal({"query.settings.LOUPE_STREAMS": 2})


def test_a_setting_of_the_wrong_type_is_refused() -> None:
    assert "got string, want integer" in refusal({"inference.settings.LOUPE_STREAMS": "two"})
    assert "minimum" in refusal({"ingestion.settings.LOUPE_JOB_SIZE": 0})


@pytest.mark.parametrize("variable", ["LOUPE_BROKER_URL", "LOUPE_STORAGE_KEY", "LOUPE_COSMOS_KEY"])
@pytest.mark.parametrize("place", ["settings", "query.settings"])
def test_a_secret_among_the_values_is_refused(place: str, variable: str) -> None:
    assert f"additional properties '{variable}' not allowed" in refusal({f"{place}.{variable}": "topsecret"})


@pytest.mark.parametrize("address", ["https://u:topsecret@host", "https://host/?sig=topsecret"])
def test_an_address_with_a_secret_in_it_is_refused(address: str) -> None:
    assert "LOUPE_BLOB_ENDPOINT" in refusal({"settings.LOUPE_BLOB_ENDPOINT": address})


@pytest.mark.parametrize("name", ["image.tag", "query.image.tag", "model.image.tag", "test.image.tag"])
def test_the_tag_latest_is_refused(name: str) -> None:
    assert "'not' failed" in refusal({name: "latest"})


def test_a_tag_within_the_repository_is_refused() -> None:
    assert "does not match pattern" in refusal({"query.image.repository": "loupe/query:latest"})


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"secrets.brokerUrl.name": ""}, "secrets.brokerUrl.name is empty: make a Secret with the key url"),
        ({"secrets.webhookToken.name": ""}, "secrets.webhookToken.name is empty: make a Secret with the key token"),
        ({"secrets.apiKeys.name": ""}, "let secrets.apiKeys.name name a Secret"),
        ({"secrets.brokerPassword.name": ""}, "KEDA needs a Secret that has the broker's password alone"),
        ({"settings.LOUPE_STORAGE_ACCOUNT": ""}, "settings.LOUPE_STORAGE_ACCOUNT is empty: set it"),
        ({"settings.LOUPE_COSMOS_ENDPOINT": ""}, "set the URL of the Cosmos DB account"),
        ({"settings.LOUPE_RESULTS_STORE": "sqlite"}, "let sqlite.claim name a PersistentVolumeClaim"),
        ({"identity.clientIds.results": ""}, "set the client id of the managed identity that results signs in as"),
        ({"identity.clientIds.keda": ""}, "set identity.clientIds.keda, or let ingestion.keda.enabled be false"),
        ({"identity.enabled": False}, "let secrets.storageKey.name name a Secret"),
        ({"identity.enabled": False, "secrets.storageKey.name": "a"}, "let secrets.cosmosKey.name name a Secret"),
        ({"broker.address": ""}, "set HOST:PORT of the broker"),
        ({"model.image.repository": ""}, "there is no model: set model.image.repository or model.claim"),
        ({"model.claim": "models"}, "not from both"),
        ({"inference.hpa.enabled": True}, "inference.keda and inference.hpa would fight over the number of pods"),
        ({"results.hpa.enabled": True}, "results.keda and results.hpa would fight over the number of pods"),
        ({"backfill.keda.minReplicas": 9}, "backfill.keda.minReplicas is more than maxReplicas"),
        ({"query.hpa.minReplicas": 99}, "query.hpa.minReplicas is more than maxReplicas"),
        ({"inference.settings.LOUPE_DEVICE": "cuda"}, "its pods have no GPU: set inference.gpu.count to 1"),
        ({"backfill.settings.LOUPE_DEVICE": "cuda"}, "LOUPE_DEVICE of backfill is cuda, and its pods have no GPU"),
        ({"inference.gpu.count": 1}, "have GPUs that nothing uses: set LOUPE_DEVICE"),
        ({"ingress.enabled": True, "ingress.host": "h"}, "are two ways to the same place"),
        ({"gateway.className": ""}, "name the class of a new Gateway, or a Gateway that exists"),
        ({"training.enabled": True}, "training.model is empty: name the model"),
        ({"training": TRAINING}, "let training.apiKeySecret.name name a Secret"),
        (
            {"training": TRAINING, "identity.clientIds.training": ID},
            "Entra ID, which the API does not accept",
        ),
        ({"gateway.enabled": False, "ingress.enabled": True}, "set the name under which the API is called"),
    ],
)
def test_what_does_not_fit_together_is_explained(changes: dict[str, object], sentence: str) -> None:
    assert sentence in refusal(changes)


def test_nothing_is_secret_in_what_is_rendered() -> None:
    assert "kind: Secret" not in str(render(CPU))
    assert not [manifest for manifest in render(LOCAL) if manifest["kind"] == "Secret"]


def test_people_of_an_organization_need_no_api_keys() -> None:
    tenant = {"LOUPE_ENTRA_TENANT": "00000000-0000-4000-8000-000000000009", "LOUPE_ENTRA_AUDIENCE": "loupe"}
    render(CPU, {"secrets.apiKeys.name": "", "query.settings": tenant})
