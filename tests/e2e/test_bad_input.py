"""What bad input gets: a prediction or a named reason each, and nothing else is lost."""

import httpx2
import numpy as np
from azure.storage.blob import ContainerClient, ContentSettings
from PIL import Image

from loupe_shared.domain import Outcome, Reason
from tests.e2e.conftest import Outcome as GetOutcome
from tests.factories import SAMPLES, encode, photo

COFFEE = Image.open(SAMPLES / "coffee.png").convert("RGB")
PALETTE = COFFEE.quantize(255)
EXIF = Image.Exif()
EXIF[0x0112] = 6

STRANGE = {
    "cmyk.jpg": encode(COFFEE.convert("CMYK"), "JPEG", quality=95),
    "16-bit.png": encode(Image.fromarray(np.asarray(photo().convert("L")).astype(np.uint16) * 257)),
    "palette.png": encode(PALETTE, transparency=254),
    "animated.gif": encode(COFFEE, "GIF", save_all=True, append_images=[photo(), photo()]),
    "rotated.jpg": encode(COFFEE.transpose(Image.Transpose.ROTATE_90), "JPEG", quality=95, exif=EXIF),
    "progressive.jpg": encode(COFFEE, "JPEG", quality=95, progressive=True),
    "no-suffix": encode(COFFEE, "WEBP"),
}
ESPRESSO = set(STRANGE) - {"16-bit.png"}

BAD = {
    "empty.jpg": (b"", Reason.EMPTY),
    "text.jpg": (b"Dear reader,\nthis is no picture.\n", Reason.NOT_AN_IMAGE),
    "truncated.jpg": ((SAMPLES / "rocket.jpg").read_bytes()[:50_000], Reason.TRUNCATED),
    "bomb.png": (encode(Image.new("1", (30_000, 30_000))), Reason.TOO_MANY_PIXELS),
    "200-megabytes.jpg": (bytes(200_000_000), Reason.TOO_LARGE),
}


def test_each_has_its_outcome(container: ContainerClient, outcome: GetOutcome, api: httpx2.Client) -> None:
    before = api.get("/v1/counts").json()["outcomes"]
    good = [f"bad-input/good-{number}.png" for number in range(5)]
    for name, data in [*STRANGE.items(), *((name, data) for name, (data, _) in BAD.items())]:
        container.upload_blob(f"bad-input/{name}", data, content_settings=ContentSettings(content_type="image/jpeg"))
    container.upload_blob("bad-input/notes.txt", b"notes", content_settings=ContentSettings(content_type="text/plain"))
    for name in good:
        container.upload_blob(name, encode(COFFEE))

    for name in STRANGE:
        answer = outcome(f"bad-input/{name}")
        assert answer.outcome is Outcome.CLASSIFIED, name
        if name in ESPRESSO:
            assert answer.label == "espresso", name
    for name, (_data, reason) in BAD.items():
        answer = outcome(f"bad-input/{name}")
        assert (answer.outcome, answer.reason) == (Outcome.REJECTED, reason), name
        assert answer.detail
    assert outcome("bad-input/notes.txt").reason is Reason.NOT_AN_IMAGE
    assert [outcome(name).label for name in good] == ["espresso"] * 5

    after = api.get("/v1/counts").json()["outcomes"]
    assert after["rejected"] - before.get("rejected", 0) == len(BAD) + 1
    assert after["classified"] - before.get("classified", 0) == len(STRANGE) + len(good)
