"""A picture in a terminal, two pixels in each character, with what the model looked at laid over it."""

import io

from PIL import Image, UnidentifiedImageError
from rich.console import Console
from rich.segment import Segment, Segments
from rich.style import Style

from loupe_shared.result import ResultDocument

MAX_COLUMNS, MAX_ROWS = 64, 40
_HALF = "▀"
_FULL = 255
_OPACITY = 0.55

Pixel = tuple[int, int, int]


def can_show(console: Console) -> bool:
    """Whether this is a terminal that shows every colour, and may."""
    return console.is_terminal and console.color_system == "truecolor" and not console.no_color


def picture(thumbnail: bytes, result: ResultDocument, columns: int) -> Segments | None:
    """The picture of an image; nothing if the thumbnail is none.

    Args:
        thumbnail: the file of it.
        result: whose heatmap is laid over it, if it has one.
        columns: how wide the terminal is.
    """
    try:
        small = Image.open(io.BytesIO(thumbnail)).convert("RGB")
    except (UnidentifiedImageError, OSError):
        return None
    small.thumbnail((min(columns, MAX_COLUMNS), MAX_ROWS))
    if result.heatmap:
        seen = result.properties.seen if result.properties else None
        small = _under(result.heatmap, small, seen or _central_square(small))
    return Segments([*_segments(small)], new_lines=False)


def _segments(small: Image.Image) -> list[Segment]:
    width, height = small.size
    pixels = small.tobytes()

    def colour(x: int, y: int) -> str:
        place = 3 * (y * width + x)
        return "rgb({},{},{})".format(*pixels[place : place + 3])

    segments: list[Segment] = []
    for y in range(0, height, 2):
        for x in range(width):
            below = colour(x, y + 1) if y + 1 < height else None
            segments.append(Segment(_HALF, Style(color=colour(x, y), bgcolor=below)))
        segments.append(Segment.line())
    return segments


def _under(
    heatmap: tuple[tuple[int, ...], ...], small: Image.Image, seen: tuple[float, float, float, float]
) -> Image.Image:
    """The picture with the map over what the model saw: the more influence, the redder and the less transparent."""
    width, height = small.size
    box = (round(seen[0] * width), round(seen[1] * height), round(seen[2] * width), round(seen[3] * height))
    extent = (max(1, box[2] - box[0]), max(1, box[3] - box[1]))
    influence = Image.frombytes("L", (len(heatmap[0]), len(heatmap)), bytes(value for row in heatmap for value in row))
    influence = influence.resize(extent, Image.Resampling.BILINEAR)
    green = influence.point([min(_FULL, 2 * (_FULL - value)) for value in range(_FULL + 1)])
    colours = Image.merge("RGB", (Image.new("L", extent, _FULL), green, Image.new("L", extent, 0)))
    opacity = influence.point([round(_OPACITY * value) for value in range(_FULL + 1)])
    shown = small.copy()
    shown.paste(colours, box[:2], opacity)
    return shown


def _central_square(small: Image.Image) -> tuple[float, float, float, float]:
    """What a model sees of pictures of which that was not noted."""
    width, height = small.size
    edge = min(width, height)
    left, top = (width - edge) / 2 / width, (height - edge) / 2 / height
    return left, top, 1 - left, 1 - top
