"""How people sign in, and as whom they then call."""

import json
from pathlib import Path
from uuid import UUID

import pytest

from loupe_query.access.keys import hash_key, new_key
from loupe_shared.errors import ConfigurationError
from tests.apps import api, archive
from tests.unit.test_access_settings import TENANT, load


def test_on_a_machine_of_ones_own_nobody_signs_in() -> None:
    with api(archive()) as client:
        assert client.get("/sign-in").json() == {"needed": False, "api_keys": False, "entra": None}
        assert client.get("/v1/me").json() == {"name": "anonymous", "scopes": ["operate", "read", "review"]}


def test_with_api_keys_a_stranger_learns_how_to_sign_in_and_no_more(tmp_path: Path) -> None:
    key, keys = new_key(), tmp_path / "keys.json"
    keys.write_text(json.dumps([{"name": "line-3", "sha256": hash_key(key), "scopes": ["read"]}]))
    with api(archive(), api_keys_file=keys) as client:
        assert client.get("/sign-in").json() == {"needed": True, "api_keys": True, "entra": None}
        assert client.get("/v1/me").status_code == 401
        me = client.get("/v1/me", headers={"Authorization": f"Bearer {key}"})
        assert me.json() == {"name": "line-3", "scopes": ["read"]}


def test_with_entra_id_pages_learn_where_people_sign_in() -> None:
    with api(archive(), entra_tenant=UUID(TENANT), entra_audience="api", entra_client="pages") as client:
        assert client.get("/sign-in").json() == {
            "needed": True,
            "api_keys": False,
            "entra": {
                "authority": f"https://login.microsoftonline.com/{TENANT}/v2.0",
                "client_id": "pages",
                "scope": "api/.default",
            },
        }


def test_pages_that_sign_in_need_a_tenant(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError, match="LOUPE_ENTRA_CLIENT needs LOUPE_ENTRA_TENANT"):
        load(monkeypatch, ENTRA_CLIENT="pages")
