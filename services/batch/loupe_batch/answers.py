"""The file with the answers of a job, written chunk by chunk."""

import json
from collections.abc import Callable, Iterable, Iterator

from loupe_batch.judge import Ended
from loupe_batch.ports import OutputFile
from loupe_batch.work import Work
from loupe_shared.batch.job import End, Output
from loupe_shared.rows.columns import COLUMNS, Row, csv_rows, row
from loupe_shared.rows.parquet import to_parquet

MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/jsonl",
    "parquet": "application/vnd.apache.parquet",
}
PART_BYTES = 8 * 1024 * 1024
ROWS = 1000


class Answers:
    """Writes rows chunk by chunk, each in the order in which its images came to their ends.

    Parquet cannot be written in parts that are put together later. So its rows are JSON Lines in a file beside it,
    until all of them are there.

    Args:
        output: what is to be written.
        open_file: gives the file of a name.
        container: of the images.
    """

    def __init__(self, output: Output, open_file: Callable[[str], OutputFile], container: str) -> None:
        self._output = output
        self._container = container
        self._file = open_file(output.name)
        self._rows = open_file(f"{output.name}.rows") if output.format == "parquet" else self._file

    def write(self, work: Work) -> None:
        """Add what came of a chunk, or write it again.

        Raises:
            OutputRefused: it cannot be added.
        """
        told = [one for one in work.answers if one.end is not End.GONE and (one.document or one.failure)]
        match self._output.format:
            case "csv":
                content = csv_rows(map(self._row, told), header=False)
            case "jsonl":
                content = _lines(one.document or json.dumps(self._without_result(one)) for one in told)
            case "parquet":
                content = _lines(json.dumps(self._row(one)) for one in told)
        if content:
            self._rows.write(work.number + 1, content)

    def finish(self) -> None:
        """Let the file be seen.

        Raises:
            OutputRefused: there is another file of its name.
        """
        if self._output.format == "csv":
            self._file.write(0, csv_rows([], header=True))
        self._rows.finish(MEDIA_TYPES["jsonl" if self._output.format == "parquet" else self._output.format])
        if self._output.format == "parquet":
            for number, content in enumerate(_in_parts(to_parquet(_tables(self._rows.read())))):
                self._file.write(number, content)
            self._file.finish(MEDIA_TYPES["parquet"])
            self._rows.remove()

    def _row(self, one: Ended) -> Row:
        return row(one.document) if one.document else dict.fromkeys(COLUMNS) | self._without_result(one)

    def _without_result(self, one: Ended) -> Row:
        if one.failure is None:
            raise AssertionError
        failure = one.failure
        return {"container": self._container, "blob": failure.blob, "reason": failure.reason, "detail": failure.detail}


def _lines(documents: Iterable[str]) -> bytes:
    return "".join(f"{document}\n" for document in documents).encode()


def _tables(pieces: Iterable[bytes]) -> Iterator[list[Row]]:
    """The rows of JSON Lines."""
    rest, rows = b"", []
    for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        rows += [json.loads(line) for line in lines]
        if len(rows) >= ROWS:
            yield rows
            rows = []
    yield rows


def _in_parts(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in parts that are worth a request."""
    part = b""
    for piece in pieces:
        part += piece
        if len(part) >= PART_BYTES:
            yield part
            part = b""
    if part:
        yield part
