"""Signing in to Azure Storage."""

from azure.core.credentials import TokenCredential
from azure.identity import DefaultAzureCredential

from loupe_shared.settings import StorageSettings


def storage_credential(settings: StorageSettings) -> TokenCredential | dict[str, str]:
    """The emulator's key if one is set, else the identity that the process runs as."""
    if settings.storage_key is None:
        return DefaultAzureCredential()
    return {"account_name": settings.storage_account, "account_key": settings.storage_key.get_secret_value()}
