"""Pictures of simulated days, for the documentation."""

from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.scaling.outcome import Outcome

# Okabe and Ito's, which all people can tell apart.
COLOURS = ("#0072B2", "#D55E00", "#8C8C8C", "#009E73")


def draw(path: Path, outcomes: dict[str, Outcome], begin_h: float, end_h: float) -> None:
    """Write an SVG: how long the next job has waited, and how many nodes are paid for, over some hours.

    Args:
        path: of the file.
        outcomes: of one day under several policies, by their names.
        begin_h: first hour that is shown.
        end_h: last hour.
    """
    mpl.rcParams.update({"svg.hashsalt": "loupe", "svg.fonttype": "none", "font.size": 9})
    figure = Figure(figsize=(9, 4.4), layout="constrained")
    waits, nodes = figure.subplots(2, 1, sharex=True)
    # The first is what the others are compared with, and lies above them.
    for colour, (name, outcome) in reversed([*zip(COLOURS, outcomes.items(), strict=False)]):
        shown = [moment for moment in outcome.moments if begin_h * 3600 <= moment.at <= end_h * 3600]
        hours = [moment.at / 3600 for moment in shown]
        waits.plot(hours, [moment.oldest_s for moment in shown], color=colour, label=name, linewidth=1.2)
        nodes.step(hours, [moment.nodes for moment in shown], color=colour, linewidth=1.2)
    _finish(waits, "next job has waited, s")
    _finish(nodes, "nodes")
    nodes.set_xlabel("hour of the day")
    lines = {str(line.get_label()): line for line in waits.get_lines()}
    figure.legend([lines[name] for name in outcomes], [*outcomes], loc="outside upper center", ncols=4, frameon=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None})


def _finish(axes: Axes, what: str) -> None:
    axes.set_ylabel(what)
    axes.set_ylim(bottom=0)
    axes.spines[["top", "right"]].set_visible(False)
