"""Writes the parts of the chart that follow from code and from the values' comments: ``make docs``.

values.schema.json     what values may be, with the settings of the services' own classes
files/settings.json    which variables each service reads, for the templates
README.md              the values as a table

A test fails when one is out of date.
"""

import json
from pathlib import Path

from charts import schema
from charts.settings import SERVICES, known
from charts.values import read_values

CHART = Path(__file__).parent / "loupe"

INTRODUCTION = """# The chart

<!-- Made by `make docs` from values.yaml. Change that instead. -->

How to install, scale and upgrade Loupe with it is on the page [Kubernetes](../../docs/kubernetes.md). These are its
values. A value that is not among them is refused.

| value | default | meaning |
|---|---|---|
"""


def readme() -> str:
    """The page of the values."""
    rows = [
        f"| `{value.path}` | `{value.default}` | {value.meaning.replace('|', chr(92) + '|')} |"
        for value in read_values(CHART / "values.yaml")
    ]
    return INTRODUCTION + "\n".join(rows) + "\n"


def _json(document: object) -> str:
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


FILES = {
    "values.schema.json": lambda: _json(schema.values()),
    "files/settings.json": lambda: _json({service: known(service) for service in SERVICES}),
    "README.md": readme,
}


if __name__ == "__main__":
    for file, make in FILES.items():
        (CHART / file).write_text(make(), encoding="utf-8")
