"""Similar images on one machine: embeddings lie in the results' file, codes of them in memory."""

import json
import logging
import threading
from collections import defaultdict
from pathlib import Path

import numpy as np

from loupe_query.similar.codes import Codes, Numbers
from loupe_shared.adapters.sqlite_file import Row, SqliteFile
from loupe_shared.adapters.sqlite_tables import SCHEMA, VERSION
from loupe_shared.embedding import Vectors, cosines, stack, values
from loupe_shared.errors import StoreUnavailable
from loupe_shared.result import Embedding

POLL_INTERVAL_S = 1.0
CENSUS_INTERVAL_POLLS = 60
# Among so many nearest codes are 99 % of the hundred nearest vectors, in an archive of a million as in a small one.
CANDIDATES = 1000
MORE = 4
MAX_GONE = 1 / 3
ROWS_AT_ONCE = 4000
KEYS_AT_ONCE = 50_000

_COUNT = "SELECT count(*) FROM embeddings"
_ADDED = "SELECT seq, space, vector FROM embeddings WHERE seq > ? ORDER BY seq LIMIT ?"
_PRESENT = "SELECT id, seq FROM embeddings WHERE id > ? ORDER BY id LIMIT ?"
_CANDIDATES = "SELECT id, vector FROM embeddings WHERE seq IN (SELECT value FROM json_each(?))"

log = logging.getLogger(__name__)


class SqliteSimilar:
    """``SimilarImages`` over the file of ``SqliteStore``. A thread of its own follows what is written there.

    A row never changes: a new embedding of an image comes as a new row with a greater number, and the old row goes. The
    code of a row that is gone stays for a while, and costs a place among the candidates.

    Args:
        path: of the file.
        poll_interval_s: seconds between looks for new embeddings.

    Raises:
        ConfigurationError: the file cannot be opened or made.
    """

    def __init__(self, path: Path, poll_interval_s: float = POLL_INTERVAL_S) -> None:
        self._file = SqliteFile(path, SCHEMA, VERSION)
        # By space and length of the vectors: what differs in length cannot be compared. Replaced as a whole.
        self._spaces: dict[tuple[str, int], Codes] = {}
        self._last = 0
        self._poll_interval_s = poll_interval_s
        self._loaded, self._closed = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="similar-images", daemon=True)
        self._thread.start()

    def nearest(self, space: str, embedding: Embedding, limit: int) -> list[tuple[str, float]]:
        """See ``SimilarImages.nearest``. The limit is far below ``CANDIDATES``."""
        self._check()
        vector = values(embedding)
        codes = self._spaces.get((space, len(vector)))
        found = self._candidates(codes, vector) if codes else []
        if not found:
            return []
        similarities = cosines(stack([candidate for _, candidate in found]), vector)
        best = np.argsort(-similarities, kind="stable")[:limit]
        return [(found[place][0].hex(), float(similarities[place])) for place in best]

    def close(self) -> None:
        """See ``SimilarImages.close``."""
        self._closed.set()
        self._thread.join()
        self._file.close()

    def _candidates(self, codes: Codes, vector: Vectors) -> list[Row]:
        """Ids and vectors of the nearest codes. If most of these are of rows that are gone, more are looked at."""
        count = CANDIDATES
        while True:
            rows = codes.nearest(vector, count)
            found = self._file.read(_CANDIDATES, (json.dumps(rows.tolist()),))
            if len(found) > len(rows) / 2 or len(rows) < count:
                return found
            count *= MORE

    def _check(self) -> None:
        if not self._loaded.is_set():
            ((count,),) = self._file.read(_COUNT)
            raise StoreUnavailable(f"the index of similar images is being loaded: {self._size()} of {count}")
        if not self._thread.is_alive():
            raise StoreUnavailable("the index of similar images does not follow the archive any more")

    def _size(self) -> int:
        return sum(map(len, self._spaces.values()))

    def _run(self) -> None:
        """Load the index and keep it up. A file that cannot be read now may be readable later."""
        polls, complaint = 0, ""
        while True:
            try:
                self._follow()
                self._loaded.set()
                polls += 1
                if polls % CENSUS_INTERVAL_POLLS == 0:
                    self._forget()
                complaint = ""
            except StoreUnavailable as error:
                if str(error) != complaint:
                    log.warning("similar images are not kept up: %s", error)
                complaint = str(error)
            if self._closed.wait(self._poll_interval_s):
                return

    def _follow(self) -> None:
        while not self._closed.is_set():
            rows = self._file.read(_ADDED, (self._last, ROWS_AT_ONCE))
            groups: dict[tuple[str, int], list[Row]] = defaultdict(list)
            for row in rows:
                groups[row[1], len(row[2])].append(row)
            for key, members in groups.items():
                if key not in self._spaces:
                    self._spaces = {**self._spaces, key: Codes(key[1])}
                numbers = np.array([number for number, _, _ in members])
                self._spaces[key].add(numbers, stack([vector for _, _, vector in members]))
            if rows:
                self._last = rows[-1][0]
            if len(rows) < ROWS_AT_ONCE:
                return

    def _forget(self) -> None:
        """Drop the codes of rows that are gone, if they are many. No row up to ``_last`` can have come since."""
        before = self._size()
        ((count,),) = self._file.read(_COUNT)
        if before - count <= before * MAX_GONE:
            return
        present: list[Numbers] = [np.empty(0, np.int64)]
        last = b""
        while found := self._file.read(_PRESENT, (last, KEYS_AT_ONCE)):
            present.append(np.array([number for _, number in found]))
            last = found[-1][0]
        rows = np.concatenate(present)
        for codes in self._spaces.values():
            codes.keep(rows)
        self._spaces = {key: codes for key, codes in self._spaces.items() if len(codes)}
        log.info("%d of %d codes were of rows that are gone", before - self._size(), before)
