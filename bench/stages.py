"""A picture of where each millisecond of an image goes."""

from collections.abc import Mapping
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

# Grey is what cannot be avoided; colours are Loupe's own (Okabe and Ito's, which all people can tell apart).
COLOURS = {
    "ingestion": "#E69F00",
    "inference: fetch, batch, broker": "#D55E00",
    "decoding": "#8C8C8C",
    "model": "#BFBFBF",
    "results": "#0072B2",
    "query": "#56B4E9",
}


def draw(path: Path, cases: Mapping[str, Mapping[str, float]]) -> None:
    """Write an SVG with a stacked bar for each case.

    Args:
        path: of the file.
        cases: milliseconds of CPU per image for each stage, for each case.
    """
    mpl.rcParams.update({"svg.hashsalt": "loupe", "svg.fonttype": "none", "font.size": 9})
    figure = Figure(figsize=(9, 1.4 + 0.45 * len(cases)), layout="constrained")
    axes = figure.subplots()
    names = list(cases)
    begins = [0.0] * len(names)
    for stage, colour in COLOURS.items():
        widths = [cases[name][stage] for name in names]
        axes.barh(names, widths, left=begins, color=colour, label=stage)
        begins = [begin + width for begin, width in zip(begins, widths, strict=True)]
    for name, end in zip(names, begins, strict=True):
        axes.text(end, name, f" {end:.2f}", va="center")
    axes.invert_yaxis()
    axes.margins(x=0.08)
    axes.set_xlabel("CPU per image, ms")
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside upper center", ncols=len(COLOURS), frameon=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None})
