"""The tables of docs/scaling.md. Each stands between a comment that names it and one that ends it."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from bench.places import ROOT
from bench.scaling import study
from bench.scaling.hardware import KINDS
from bench.scaling.plan import Load, Plan, make_plan, read_prices

PAGE = ROOT / "docs" / "scaling.md"
PICTURE = ROOT / "docs" / "scaling.svg"
PLANNED = (1e5, 1e6, 5e6, 5e7, 1e9)


def fill(page: str) -> str:
    """The page with every table made anew."""
    for name, make in TABLES.items():
        begin, end = f"<!-- table: {name} -->\n", "<!-- end -->"
        before, found, rest = page.partition(begin)
        if not found or end not in rest:
            raise ValueError(f"{PAGE.name} must have {begin.strip()}, and {end} after it")
        page = before + begin + make() + rest[rest.index(end) :]
    return page


def gpu_rows() -> str:
    """Every policy on GPUs."""
    rows = [row for row in study.read(study.KEPT) if row.hardware == "t4" and not row.spot]
    return _days(rows, lambda row: row.policy)


def cpu_rows() -> str:
    """The chart's on CPUs, and on spot nodes."""
    rows = [row for row in study.read(study.KEPT) if row.hardware == "cpu" or row.spot]
    return _days(rows, lambda row: f"{KINDS[row.hardware].name}{', spot' if row.spot else ''}")


def plans() -> str:
    """What some numbers of images a day take."""
    prices = read_prices()
    made = [make_plan(Load(images), prices) for images in PLANNED]
    head = ["", *(f"{images:,.0f}" for images in PLANNED)]
    return table(head, [[name, *(show(plan) for plan in made)] for name, show in FIELDS.items()])


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """In Markdown."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _days(rows: Iterable[study.Row], name: Callable[[study.Row], str]) -> str:
    head = (
        "day",
        "",
        "median",
        "p95",
        "longest",
        "node hours",
        "most workers",
        "told to end while busy",
        "begun again",
    )
    return table(
        head,
        [
            [
                row.day,
                name(row),
                *(_seconds(value) for value in (row.median_s, row.p95_s, row.most_s)),
                f"{row.node_hours:.0f}",
                str(row.most_workers),
                str(row.ended_busy),
                str(row.begun_again),
            ]
            for row in rows
        ],
    )


def _seconds(value: float) -> str:
    return f"{value:.1f} s" if value < 10 else f"{value:.0f} s"  # noqa: PLR2004


FIELDS: dict[str, Callable[[Plan], str]] = {
    "images per second, mean and peak": lambda plan: f"{plan.mean_per_s:,.0f}, {plan.peak_per_s:,.0f}",
    "instances of Loupe": lambda plan: str(plan.instances),
    "inference workers at the peak": lambda plan: f"{plan.workers:,}",
    "their nodes": lambda plan: f"{plan.nodes:,}",
    "node hours a day": lambda plan: f"{plan.node_hours:,.1f}",
    "other nodes": lambda plan: f"{plan.general_nodes:,}",
    "request units per second, mean and most": lambda plan: f"{plan.mean_ru_per_s:,.0f}, {plan.ru_per_s:,}",
    "archive of a year, GB": lambda plan: f"{plan.archive_gb:,.0f}",
    "buckets for it": lambda plan: f"{plan.buckets:,}",
    "broker, each": lambda plan: f"{plan.broker_gb:.2g} GB: {plan.redis}",
    "blob requests a day": lambda plan: f"{plan.blob_requests:,.0f}",
    "queue requests a day": lambda plan: f"{plan.queue_requests:,.0f}",
    "list requests of a sweep of a year": lambda plan: f"{plan.sweep_requests:,.0f}",
    "a month, USD": lambda plan: f"{plan.cost:,.0f}",
    "of it nodes": lambda plan: f"{plan.costs['inference nodes'] + plan.costs['other nodes']:,.0f}",
    "of it Cosmos DB": lambda plan: f"{plan.costs['Cosmos DB, requests'] + plan.costs['Cosmos DB, storage']:,.0f}",
    "of it storage requests and Event Grid": lambda plan: (
        f"{plan.costs['storage requests'] + plan.costs['Event Grid']:,.0f}"
    ),
}
TABLES: dict[str, Callable[[], str]] = {"days on GPUs": gpu_rows, "days on CPUs": cpu_rows, "plans": plans}


def write(page: Path = PAGE) -> None:
    """Make the tables of the page anew."""
    page.write_text(fill(page.read_text(encoding="utf-8")), encoding="utf-8")
