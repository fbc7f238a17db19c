"""Settings of a retraining: where the API is, who asks, and what the run is called."""

from pydantic import Field, SecretStr

from loupe_shared.settings import ProcessSettings


class RetrainingSettings(ProcessSettings):
    """What a retraining is told by its surroundings. What it is to do, its arguments say."""

    url: str = Field(
        pattern=r"^https?://", description="URL of the API that gives reviewed images and registers models."
    )
    key: SecretStr | None = Field(
        default=None,
        description="API key with the scopes read and operate. Without it, a retraining signs in as its workload "
        "identity if LOUPE_SCOPE is set, and as nobody otherwise.",
    )
    scope: str | None = Field(
        default=None, description="What to ask Entra ID for, such as APPLICATION-ID/.default, without an API key."
    )
    run: str = Field(
        default="run",
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$",
        max_length=100,
        description="Name of the run. One that was interrupted goes on under the same name, and what others left is "
        "removed.",
    )
