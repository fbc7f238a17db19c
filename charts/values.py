"""The chart's values with their meanings, which stand in the comments above them."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml


@dataclass(frozen=True)
class Value:
    """A value that an installation can set.

    Attributes:
        path: its name, with dots.
        default: as it is written in the file.
        meaning: the comment above it, or nothing.
    """

    path: str
    default: str
    meaning: str


def read_values(file: Path) -> list[Value]:
    """The values of a file, in its order."""
    text = file.read_text(encoding="utf-8")
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    if not isinstance(root, yaml.MappingNode):
        raise TypeError(f"{file} is no map")
    return list(_walk(root, text, ()))


def _walk(node: yaml.MappingNode, text: str, above: tuple[str, ...]) -> Iterator[Value]:
    for key, value in node.value:
        path = (*above, key.value)
        meaning = _comment(text.splitlines(), key.start_mark.line)
        # A map that is written in braces is one value, such as labels.
        if isinstance(value, yaml.MappingNode) and not value.flow_style and path[-1] != "resources":
            yield from _walk(value, text, path)
        else:
            yield Value(".".join(path), _default(value, text), meaning)


def _comment(lines: list[str], line: int) -> str:
    found: list[str] = []
    while line > 0 and lines[line - 1].lstrip().startswith("#"):
        line -= 1
        found.insert(0, lines[line].lstrip().removeprefix("#").strip())
    return " ".join(found)


def _default(node: yaml.Node, text: str) -> str:
    written = text[node.start_mark.index : node.end_mark.index]
    return " ".join(written.split())
