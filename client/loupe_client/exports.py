"""Exports: into files, and line by line, in memory that does not grow with their length."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO


def write(chunks: Iterable[bytes], to: str | os.PathLike[str] | BinaryIO) -> None:
    """Write bytes into a file. One that is named appears, or is replaced, when all of it is there."""
    if not isinstance(to, str | os.PathLike):
        to.writelines(chunks)
        return
    path = Path(to)
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("wb") as file:
            file.writelines(chunks)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Lines, which end with a line feed only: JSON may have all of Unicode's other ends of lines within."""
    begun: list[bytes] = []
    for chunk in chunks:
        first, *others = chunk.split(b"\n")
        begun.append(first)
        if others:
            yield b"".join(begun)
            *whole, last = others
            yield from whole
            begun = [last]
    if last := b"".join(begun):
        yield last
