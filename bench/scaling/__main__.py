"""``python -m bench.scaling``: simulates days of traffic, or plans for a number of images a day.

study     simulate all days and policies; writes the tables and the picture of docs/scaling.md (``make scaling``)
plan      what so many images a day take, and cost
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.scaling import study, tables
from bench.scaling.plan import PRICES, Load, Plan, make_plan, read_prices

PICTURED = "burst"
HOURS = (7.5, 10.0)

console = Console(markup=False, emoji=False, highlight=False)


def main(arguments: Sequence[str] | None = None) -> None:
    """Do what the command line says."""
    given = _arguments(arguments)
    if given.command == "study":
        _study()
    else:
        _plan(given)


def _study() -> None:
    from bench.scaling import pictures  # noqa: PLC0415  (matplotlib is in the benchmark's environment only)

    with console.status("simulating") as status:
        study.study(status.update)
    pictured = [policy for policy in study.policies("gpu") if policy.name != study.ONE_STAYS]
    outcomes = {policy.name: study.run(study.Case(PICTURED, "gpu", policy)) for policy in pictured}
    pictures.draw(tables.PICTURE, outcomes, *HOURS)
    tables.write()
    console.print(f"Every number is in {study.KEPT}; {tables.PAGE} shows them", soft_wrap=True)


def _plan(given: argparse.Namespace) -> None:
    prices = read_prices(given.prices)
    hardware = "cpu" if given.gpu == "none" else given.gpu
    load = Load(
        given.images_per_day, hardware, given.peak, given.backlog_hours, given.kept_days, not given.no_embeddings
    )
    plan = make_plan(load, prices)
    console.print(_view(plan, load, prices["currency"]))
    if plan.instances > 1:
        console.print(
            "One storage queue, account or broker is not enough: "
            f"run {plan.instances} instances of Loupe, each with its own."
        )
    console.print(f"Prices of {prices['as_of']}: {prices['source']}", soft_wrap=True)


def _view(plan: Plan, load: Load, currency: str) -> Table:
    view = Table(title=f"{load.images_per_day:,.0f} images a day, {load.hardware}", show_edge=False, show_header=False)
    view.add_column()
    view.add_column(justify="right")
    for name, show in tables.FIELDS.items():
        if not name.startswith(("of it", "a month")):
            view.add_row(name.replace("of a year", f"of {load.kept_days:g} days"), show(plan))
    view.add_section()
    for name, cost in plan.costs.items():
        view.add_row(f"{name}, {currency} a month", f"{cost:,.0f}")
    view.add_row(f"together, {currency} a month", f"{plan.cost:,.0f}")
    view.add_row(f"a million images, {currency}", f"{plan.cost / 30 / load.images_per_day * 1e6:,.2f}")
    return view


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.scaling", description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("study", help="simulate all days and policies, and write docs/scaling.md")
    plan = commands.add_parser("plan", help="what a number of images a day takes")
    plan.add_argument("--images-per-day", type=_positive, required=True)
    plan.add_argument("--gpu", choices=["t4", "a100", "h100", "none"], default="t4", help="(default: %(default)s)")
    plan.add_argument("--peak", type=_positive, default=3.0, help="busiest hour ÷ mean (default: %(default)s)")
    plan.add_argument(
        "--backlog-hours", type=_positive, default=4.0, help="that the broker can hold (default: %(default)s)"
    )
    plan.add_argument("--kept-days", type=_positive, default=365.0, help="of results (default: %(default)s)")
    plan.add_argument("--no-embeddings", action="store_true", help="if nobody looks for similar images")
    plan.add_argument("--prices", type=Path, default=PRICES, help="a file like bench/scaling/prices.json")
    return parser.parse_args(arguments)


def _positive(text: str) -> float:
    value = float(text)
    if value <= 0:
        raise argparse.ArgumentTypeError("must be greater than 0")
    return value


if __name__ == "__main__":
    main()
