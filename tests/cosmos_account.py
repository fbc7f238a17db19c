"""A real Cosmos DB account, or the official emulator; see docs/data-model.md."""

import os

from azure.cosmos import DatabaseProxy
from azure.identity import DefaultAzureCredential

from loupe_shared.adapters.cosmos_requests import connect

ENDPOINT = os.environ.get("LOUPE_TEST_COSMOS_ENDPOINT")
KEY = os.environ.get("LOUPE_TEST_COSMOS_KEY")


def account_database() -> DatabaseProxy:
    """The database for tests in the account that the environment names."""
    assert ENDPOINT, "LOUPE_TEST_COSMOS_ENDPOINT must name the account"
    return connect(ENDPOINT, KEY or DefaultAzureCredential()).get_database_client("loupe-tests")
