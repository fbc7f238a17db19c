"""Settings that more than one service has. Each process has one settings object, read from ``LOUPE_*``.

Services combine these classes and add their own fields; ``docs/settings.md`` lists them all. Secrets have no defaults.
"""

from ipaddress import ip_address
from pathlib import Path
from typing import Literal, Self
from urllib.parse import parse_qs, urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from loupe_shared.errors import ConfigurationError

PREFIX = "LOUPE_"


def is_loopback(host: str) -> bool:
    """Whether only this machine can connect to what listens on a host."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class ProcessSettings(BaseSettings):
    """What every process has that runs by itself."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="Least severe level of log lines that are written (to standard error)."
    )
    log_format: Literal["text", "json"] = Field(
        default="text", description="text: lines for people. json: each line is a JSON object, for what collects them."
    )

    @classmethod
    def load(cls) -> Self:
        """Read the environment.

        Raises:
            ConfigurationError: names the first variable that is missing or wrong.
        """
        try:
            return cls()
        except ValidationError as error:
            first = error.errors()[0]
            if not first["loc"]:
                raise ConfigurationError(first["msg"].removeprefix("Value error, ")) from error
            name = str(first["loc"][0])
            raise ConfigurationError(
                f"{PREFIX}{name.upper()}: {first['msg']} ({cls.model_fields[name].description})"
            ) from error


class ServiceSettings(ProcessSettings):
    """What every service has."""

    metrics_port: int | None = Field(
        default=None,
        ge=0,
        le=65535,
        description="Port at which Prometheus gets the process's metrics, also of a service that has another port. "
        "Unset, nobody does.",
    )
    metrics_host: str = Field(
        default="127.0.0.1",
        description="Address to listen on for that. Whoever reaches it can read the metrics, which hold no secrets.",
    )

    def service(self, program: str) -> str:
        """How the process is called in logs, metrics and traces.

        Args:
            program: which of Loupe's it is.
        """
        return program


class BrokerSettings(ServiceSettings):
    """How to reach the broker."""

    broker_url: SecretStr = Field(
        description="Redis or Valkey with the password in it, such as rediss://:PASSWORD@HOST:10000/0. "
        "With rediss:// the server's certificate is always checked."
    )

    @field_validator("broker_url")
    @classmethod
    def _check_certificates(cls, value: SecretStr) -> SecretStr:
        url = value.get_secret_value()
        parts = urlsplit(url)
        if parts.scheme not in ("redis", "rediss"):
            raise ValueError("must begin with redis:// or rediss://")
        # Without this parameter kombu 5.7 accepts any certificate.
        if parts.scheme == "redis":
            return value
        given = parse_qs(parts.query).get("ssl_cert_reqs")
        if given not in (None, ["required"]):
            raise ValueError("ssl_cert_reqs must be required: the server's certificate is always checked")
        return value if given else SecretStr(f"{url}{'&' if parts.query else '?'}ssl_cert_reqs=required")


class QueueSettings(BrokerSettings):
    """How the broker's queues behave."""

    visibility_timeout_s: int = Field(
        default=600,
        ge=1,
        description="Seconds after which a job that a dead worker held is given to another. "
        "Must exceed the longest job: a job that takes longer is done twice.",
    )


class DispatchSettings(QueueSettings):
    """What every service has that finds out which images are to be classified."""

    image_container: str = Field(
        default="images", description="Container whose blobs are classified. Events of others are ignored."
    )
    job_size: int = Field(default=32, ge=1, le=1000, description="Most images in one job.")


class AccountSettings(ServiceSettings):
    """Which storage account holds the images."""

    storage_account: str = Field(
        min_length=1, description="Name of the storage account that holds the images. Events of others are ignored."
    )


class StorageSettings(AccountSettings):
    """How to reach the storage account, and how to sign in to it."""

    blob_endpoint: str = Field(description="URL of its Blob service, such as https://ACCOUNT.blob.core.windows.net.")
    storage_key: SecretStr | None = Field(
        default=None,
        description="Account key, for emulators. Without it the service signs in as its managed or workload identity.",
    )


class OutputSettings(ServiceSettings):
    """Where batch jobs write."""

    output_container: str | None = Field(
        default=None,
        description="Container in which batch jobs write files with their answers, which must exist. "
        "Unset, they write none.",
    )


class RegistrySettings(ServiceSettings):
    """Where models are registered."""

    model_container: str | None = Field(
        default=None,
        description="Container of the registry of models, which must exist. Unset, models are not released from there.",
    )


class StoreSettings(ServiceSettings):
    """Where results are kept, and batch jobs."""

    results_store: Literal["sqlite", "cosmos"] = Field(
        default="sqlite", description="sqlite: one file, for one machine. cosmos: Azure Cosmos DB for NoSQL."
    )
    sqlite_path: Path | None = Field(
        default=None,
        description="File of the results, if the store is sqlite. Batch jobs have a file beside it: "
        "results.jobs.sqlite beside results.sqlite.",
    )
    cosmos_endpoint: str | None = Field(
        default=None, description="URL of the Cosmos DB account, if the store is cosmos."
    )
    cosmos_key: SecretStr | None = Field(
        default=None,
        description="Account key, for emulators. Without it the service signs in as its managed or workload identity.",
    )
    cosmos_database: str = Field(default="loupe", description="Name of the database, which must exist.")
    cosmos_container: str = Field(
        default="results", description="Name of the container of the results, which must exist."
    )
    cosmos_job_container: str = Field(
        default="jobs",
        description="Name of the container of the batch jobs, which must exist. Its partition key is /job.",
    )
    history_days: int | None = Field(
        default=None,
        ge=1,
        description="Days after which earlier results of an image are forgotten. Unset, they are kept for ever.",
    )

    @model_validator(mode="after")
    def _store_has_an_address(self) -> Self:
        if self.results_store == "sqlite" and self.sqlite_path is None:
            raise ValueError("LOUPE_SQLITE_PATH must name a file when LOUPE_RESULTS_STORE is sqlite")
        if self.results_store == "cosmos" and self.cosmos_endpoint is None:
            raise ValueError("LOUPE_COSMOS_ENDPOINT must be a URL when LOUPE_RESULTS_STORE is cosmos")
        return self


class ShadowSettings(StoreSettings):
    """Where it is kept what shadow versions of a model say, beside the results."""

    cosmos_shadow_container: str = Field(
        default="shadows",
        description="Name of the container of what shadow versions say, which must exist. Its partition key is "
        "/bucket, and its time to live is on.",
    )
    shadow_days: int | None = Field(
        default=30,
        ge=1,
        description="Days after which it is forgotten what a shadow version said of single images. Counts stay.",
    )


class WorkerSettings(QueueSettings):
    """What every consumer of the broker has."""

    heartbeat_file: Path | None = Field(
        default=None,
        description="File touched once the worker takes jobs and every 5 seconds from then on, for probes. "
        "It is removed when the worker ends.",
    )


class HttpSettings(ServiceSettings):
    """Where a web application listens."""

    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(default=8000, ge=0, le=65535, description="Port to listen on.")
