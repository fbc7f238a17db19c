"""Examples of links, for the API's description."""

from typing import Any

_STORAGE = "https://stloupeimages.blob.core.windows.net"
_READ = "sp=r&st=2026-11-22T08%3A10%3A00Z&se=2026-11-22T08%3A30%3A00Z&spr=https&sv=2026-10-06&sr=b&sig=…"
_WRITE = "sp=cw&st=2026-11-22T08%3A10%3A00Z&se=2026-11-22T09%3A15%3A00Z&spr=https&sv=2026-10-06&sr=b&sig=…"

LINKS: dict[str, Any] = {
    "expires_at": "2026-11-22T08:30:00Z",
    "images": [
        {
            "container": "images",
            "blob": "samples/coffee.png",
            "content": f"{_STORAGE}/images/samples/coffee.png?{_READ}",
            "thumbnail": f"{_STORAGE}/thumbnails/6f0d9e4c1b7a52838e19c3d5a4f60b72/0x8DE29A7F1C2B3A4.jpg?{_READ}",
            "problem": None,
        },
        {
            "container": "images",
            "blob": "letter.txt",
            "content": f"{_STORAGE}/images/letter.txt?{_READ}",
            "thumbnail": None,
            "problem": "not_an_image: not one of JPEG, PNG, WEBP, GIF, BMP, TIFF",
        },
    ],
}
UPLOADS: dict[str, Any] = {
    "container": "images",
    "expires_at": "2026-11-22T09:15:00Z",
    "headers": {"x-ms-blob-type": "BlockBlob"},
    "uploads": [{"blob": "line 3/a.jpg", "url": f"{_STORAGE}/images/line%203/a.jpg?{_WRITE}"}],
}
