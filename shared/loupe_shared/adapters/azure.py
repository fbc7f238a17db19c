"""What the adapters of Azure Storage share: signing in, and reading errors."""

from azure.core.credentials import TokenCredential
from azure.core.exceptions import HttpResponseError
from azure.identity import DefaultAzureCredential

from loupe_shared.settings import StorageSettings


def storage_credential(settings: StorageSettings) -> TokenCredential | dict[str, str]:
    """The emulator's key if one is set, else the identity that the process runs as."""
    if settings.storage_key is None:
        return DefaultAzureCredential()
    return {"account_name": settings.storage_account, "account_key": settings.storage_key.get_secret_value()}


def error_code(error: HttpResponseError) -> str:
    """The storage service's own name of an error, such as ``BlobNotFound``."""
    code = getattr(error, "error_code", None)  # the storage packages add it: an enumeration's member or plain text
    return str(getattr(code, "value", code)) if code else "without an error code"
