"""What the environment may say of who may call the API."""

import pytest

from loupe_query.access.settings import AccessSettings
from loupe_shared.errors import ConfigurationError

TENANT = "8a1f2b3c-4d5e-4f60-8a7b-9c0d1e2f3a4b"


def load(monkeypatch: pytest.MonkeyPatch, **variables: str) -> AccessSettings:
    """Settings from an environment, given without the prefix."""
    for name, value in variables.items():
        monkeypatch.setenv(f"LOUPE_{name}", value)
    return AccessSettings.load()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "example.org"])  # noqa: S104
def test_an_api_that_others_can_reach_needs_keys_or_a_tenant(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    with pytest.raises(ConfigurationError, match="LOUPE_API_KEYS_FILE, or LOUPE_ENTRA_TENANT and LOUPE_ENTRA_AUDIENCE"):
        load(monkeypatch, HOST=host)
    load(monkeypatch, HOST=host, API_KEYS_FILE="keys.json")


def test_a_tenant_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(monkeypatch, HOST="::", ENTRA_TENANT=TENANT.upper(), ENTRA_AUDIENCE="api")
    assert str(settings.entra_tenant) == TENANT  # as it is in tokens


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "localhost"])
def test_an_api_on_loopback_needs_neither(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    assert load(monkeypatch, HOST=host).api_keys_file is None


@pytest.mark.parametrize("variables", [{"ENTRA_TENANT": TENANT}, {"ENTRA_AUDIENCE": "api"}])
def test_tenant_and_audience_come_together(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match="LOUPE_ENTRA_TENANT and LOUPE_ENTRA_AUDIENCE must be set together"):
        load(monkeypatch, **variables)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ENTRA_TENANT", "common"),
        ("ENTRA_TENANT", "example.onmicrosoft.com"),
        ("ENTRA_TENANT", ""),
        ("ENTRA_AUDIENCE", ""),
        ("ENTRA_AUTHORITY", "http://login.example.org"),
        ("ENTRA_AUTHORITY", "login.microsoftonline.com"),
        ("REQUESTS_PER_SECOND", "0"),
        ("REQUESTS_PER_SECOND", "inf"),
        ("REQUESTS_PER_SECOND", "nan"),
        ("MAX_BODY_BYTES", "-1"),
        ("CORS_ORIGINS", "*"),
        ("CORS_ORIGINS", "https://*.example.org"),
        ("CORS_ORIGINS", "https://app.example.org/"),
        ("CORS_ORIGINS", "https://App.example.org"),
        ("CORS_ORIGINS", "app.example.org"),
        ("CORS_ORIGINS", "https://"),
        ("CORS_ORIGINS", "https://a.example.org https://b.example.org"),
        ("CORS_ORIGINS", "https://[a.example.org"),
        ("CORS_ORIGINS", "null"),
    ],
)
def test_a_wrong_value_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    with pytest.raises(ConfigurationError, match=f"LOUPE_{name}: "):
        load(monkeypatch, **{name: value})


def test_origins_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    origins = ["https://app.example.org", "http://localhost:3000"]
    assert load(monkeypatch, CORS_ORIGINS=" , ".join([*origins, ""])).allowed_origins() == origins
    assert load(monkeypatch, CORS_ORIGINS="").allowed_origins() == []


def test_an_authority_may_end_with_a_slash(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(monkeypatch, ENTRA_AUTHORITY="https://login.microsoftonline.us/")
    assert settings.entra_authority == "https://login.microsoftonline.us"


def test_every_setting_has_a_sentence() -> None:
    for name, field in AccessSettings.model_fields.items():
        assert field.description, name
        assert field.description.endswith("."), name
