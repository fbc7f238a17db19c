"""What the environment must say, and what is said when it does not."""

import pytest

from loupe_inference.settings import InferenceSettings
from loupe_ingestion.settings import IngestionSettings
from loupe_query.settings import QuerySettings
from loupe_reconciler.settings import ReconcilerSettings
from loupe_shared.errors import ConfigurationError
from loupe_shared.settings import QueueSettings, StoreSettings

INGESTION = {
    "LOUPE_BROKER_URL": "redis://:secret@host:6379/0",
    "LOUPE_STORAGE_ACCOUNT": "stloupeimages",
    "LOUPE_BLOB_ENDPOINT": "https://stloupeimages.blob.core.windows.net",
    "LOUPE_QUEUE_ENDPOINT": "https://stloupeimages.queue.core.windows.net",
}


def set_all(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    """Set environment variables."""
    for name, value in values.items():
        monkeypatch.setenv(name, value)


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch, **INGESTION, LOUPE_JOB_SIZE="7", LOUPE_WEBHOOK_TOKEN="t", LOUPE_HOST="0.0.0.0")  # noqa: S104, S106
    settings = IngestionSettings.load()
    assert (settings.job_size, settings.storage_account, settings.storage_key) == (7, "stloupeimages", None)


def test_prefixes_to_sweep_are_a_list(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch, **INGESTION, LOUPE_SQLITE_PATH="r")
    assert ReconcilerSettings.load().sweep_prefixes == ("",)
    monkeypatch.setenv("LOUPE_SWEEP_PREFIXES", '["a/","b, c/"]')
    assert ReconcilerSettings.load().sweep_prefixes == ("a/", "b, c/")


@pytest.mark.parametrize("wrong", ["a/,b/", "[]", "[1]"])
def test_prefixes_that_are_no_list_are_explained(monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    set_all(monkeypatch, **INGESTION, LOUPE_SQLITE_PATH="r", LOUPE_SWEEP_PREFIXES=wrong)
    with pytest.raises(ConfigurationError, match="LOUPE_SWEEP_PREFIXES"):
        ReconcilerSettings.load()


@pytest.mark.parametrize("missing", INGESTION)
def test_a_missing_variable_is_named(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    set_all(monkeypatch, **{name: value for name, value in INGESTION.items() if name != missing})
    with pytest.raises(ConfigurationError, match=f"{missing}: Field required"):
        IngestionSettings.load()


def test_a_wrong_value_is_named_and_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch, LOUPE_BROKER_URL="redis://h/0", LOUPE_VISIBILITY_TIMEOUT_S="soon")
    with pytest.raises(ConfigurationError, match=r"LOUPE_VISIBILITY_TIMEOUT_S: .*integer.*Must exceed the longest job"):
        QueueSettings.load()


def test_a_secret_is_never_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch, LOUPE_BROKER_URL="https://:topsecret@host")
    with pytest.raises(ConfigurationError, match="must begin with redis") as caught:
        QueueSettings.load()
    assert "topsecret" not in str(caught.value)
    set_all(monkeypatch, LOUPE_BROKER_URL="redis://:topsecret@host")
    assert "topsecret" not in repr(QueueSettings.load())


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("rediss://:p@h:10000/0", "rediss://:p@h:10000/0?ssl_cert_reqs=required"),
        ("rediss://:p@h:10000/0?a=b", "rediss://:p@h:10000/0?a=b&ssl_cert_reqs=required"),
        ("rediss://h/0?ssl_cert_reqs=required", "rediss://h/0?ssl_cert_reqs=required"),
        ("redis://h/0", "redis://h/0"),
    ],
)
def test_certificates_are_checked(monkeypatch: pytest.MonkeyPatch, url: str, expected: str) -> None:
    set_all(monkeypatch, LOUPE_BROKER_URL=url)
    assert QueueSettings.load().broker_url.get_secret_value() == expected


def test_certificates_cannot_be_left_unchecked(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch, LOUPE_BROKER_URL="rediss://h/0?ssl_cert_reqs=none")
    with pytest.raises(ConfigurationError, match="always checked"):
        QueueSettings.load()


def test_an_empty_token_guards_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch, **INGESTION, LOUPE_HOST="0.0.0.0", LOUPE_WEBHOOK_TOKEN="")  # noqa: S104
    with pytest.raises(ConfigurationError, match="LOUPE_WEBHOOK_TOKEN"):
        IngestionSettings.load()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "example.org"])  # noqa: S104
def test_a_webhook_that_others_can_reach_needs_a_token(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    set_all(monkeypatch, **INGESTION, LOUPE_HOST=host)
    with pytest.raises(ConfigurationError, match="LOUPE_WEBHOOK_TOKEN must be set"):
        IngestionSettings.load()


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_a_webhook_on_loopback_needs_none(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    set_all(monkeypatch, **INGESTION, LOUPE_HOST=host)
    assert IngestionSettings.load().webhook_token is None


def test_a_store_needs_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError, match="LOUPE_SQLITE_PATH must name a file"):
        StoreSettings.load()
    set_all(monkeypatch, LOUPE_RESULTS_STORE="cosmos")
    with pytest.raises(ConfigurationError, match="LOUPE_COSMOS_ENDPOINT must be a URL"):
        StoreSettings.load()


def test_services_listen_to_this_machine_only_unless_told() -> None:
    assert QuerySettings.model_fields["host"].default == "127.0.0.1"


def test_threads_follow_the_cpus_that_the_process_may_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 1, 5}, raising=False)
    set_all(monkeypatch, **INGESTION, LOUPE_MODEL_BUNDLE="x")
    settings = InferenceSettings.load()
    assert (settings.stream_count(), settings.threads, settings.decode_threads) == (3, 1, 3)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({}, "set one of LOUPE_MODEL_NAME, .* and LOUPE_MODEL_BUNDLE"),
        ({"LOUPE_MODEL_BUNDLE": "x", "LOUPE_MODEL_NAME": "a", "LOUPE_MODEL_CONTAINER": "m"}, "set one of"),
        ({"LOUPE_MODEL_NAME": "a"}, "LOUPE_MODEL_CONTAINER must name the registry's container"),
        ({"LOUPE_MODEL_NAME": "a/b", "LOUPE_MODEL_CONTAINER": "m"}, "LOUPE_MODEL_NAME: "),
    ],
)
def test_a_worker_is_told_once_what_answers(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], sentence: str
) -> None:
    set_all(monkeypatch, **INGESTION, **given)
    with pytest.raises(ConfigurationError, match=sentence):
        InferenceSettings.load()


def test_a_worker_can_follow_the_release_of_a_model(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch, **INGESTION, LOUPE_MODEL_NAME="a", LOUPE_MODEL_CONTAINER="m")
    assert InferenceSettings.load().model_bundle is None
