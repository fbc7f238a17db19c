"""Settings of what the read API gives of the pictures themselves."""

from pydantic import Field

from loupe_shared.settings import StorageSettings


class PictureSettings(StorageSettings):
    """Where pictures and thumbnails are, and which pictures are decoded."""

    image_container: str = Field(
        default="images", description="Container whose blobs are classified. Events of others are ignored."
    )
    thumbnail_container: str = Field(
        default="thumbnails",
        description="Container in which thumbnails are kept, which must exist. "
        "What is deleted there is made again when somebody wants to see it.",
    )
    max_image_bytes: int = Field(default=50_000_000, ge=1, description="Largest blob that is read, in bytes.")
    max_image_pixels: int = Field(default=64_000_000, ge=1, description="Largest picture that is decoded, in pixels.")
