"""Binary codes of embeddings, of which a million fit into 170 MB of memory and are compared in five milliseconds.

A bit says whether a value is above the mean of its own vector. Two vectors differ in the more bits, the wider the angle
between them. Codes are for finding candidates: which of those are nearest is for the vectors themselves to say.

The mean is taken out because all values of many models' embeddings are positive, and the bits would be, too. It is that
of the vector and not of the archive, so a code is made once and stays right however the archive grows.
"""

import faiss
import numpy as np
import numpy.typing as npt

from loupe_shared.embedding import Vectors

FIRST_CAPACITY = 1024

CodeArray = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.int64]


def encode(vectors: Vectors) -> CodeArray:
    """The codes of ``int8[N, D]``: ``uint8[N, D / 8]``, rounded up."""
    means = np.floor(vectors.mean(axis=1, dtype=np.float32)).astype(np.int8)
    return np.packbits(vectors > means[:, None], axis=1)


class Codes:
    """Codes with the number of the row that each is from. One thread changes them while others search.

    Searches need no lock: they see arrays as they were when they began. What is added lies behind their ends.

    Args:
        length: of the vectors.
    """

    def __init__(self, length: int) -> None:
        self._codes: CodeArray = np.empty((FIRST_CAPACITY, (length + 7) // 8), np.uint8)
        self._rows: Numbers = np.empty(FIRST_CAPACITY, np.int64)
        self._seen = self._codes[:0], self._rows[:0]

    def __len__(self) -> int:
        return len(self._seen[1])

    def add(self, rows: Numbers, vectors: Vectors) -> None:
        """Add the codes of vectors, which are in these rows."""
        begin, end = len(self), len(self) + len(rows)
        if end > len(self._rows):
            self._move(*self._seen, capacity=max(end, 2 * len(self._rows)))
        self._codes[begin:end] = encode(vectors)
        self._rows[begin:end] = rows
        self._seen = self._codes[:end], self._rows[:end]

    def keep(self, rows: Numbers) -> None:
        """Keep the codes of those of the rows that are here, and no others."""
        codes, known = self._seen
        kept = np.isin(known, rows)
        count = int(np.count_nonzero(kept))
        self._move(codes[kept], known[kept], capacity=max(FIRST_CAPACITY, count))
        self._seen = self._codes[:count], self._rows[:count]

    def nearest(self, vector: Vectors, count: int) -> Numbers:
        """The rows of the ``count`` codes that differ least from that of a vector; of all if there are not more."""
        codes, rows = self._seen
        if len(rows) <= count:
            return rows
        # A search is done by one thread, and those that faiss would start beside it only spin.
        faiss.omp_set_num_threads(1)
        _, (places,) = faiss.knn_hamming(encode(vector[None]), codes, count)
        found: Numbers = rows[places]
        return found

    def _move(self, codes: CodeArray, rows: Numbers, capacity: int) -> None:
        """Into new arrays. The system gives memory when it is written to, so what is unused of them takes none."""
        self._codes = np.empty((capacity, codes.shape[1]), np.uint8)
        self._codes[: len(codes)] = codes
        self._rows = np.empty(capacity, np.int64)
        self._rows[: len(rows)] = rows
