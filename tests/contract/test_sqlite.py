"""What only the store in a file must withstand."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from loupe_shared.adapters.sqlite import SqliteStore
from loupe_shared.errors import StoreUnavailable
from loupe_shared.listing import ResultFilter
from tests.factories import result

OPEN = (
    "import sys, pathlib; from loupe_shared.adapters.sqlite import SqliteStore; SqliteStore(pathlib.Path(sys.argv[1]))"
)


def test_several_processes_may_make_the_file_at_once(tmp_path: Path) -> None:
    for attempt in range(3):
        command = [sys.executable, "-c", OPEN, str(tmp_path / f"{attempt}.sqlite")]
        processes = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(4)]
        assert [(p.communicate(timeout=60)[1], p.returncode) for p in processes] == [(b"", 0)] * 4


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts open files as Linux shows them")
def test_threads_that_end_leave_no_open_files(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "results.sqlite")
    store.write([result()])

    def open_files() -> int:
        return sum(1 for _ in Path("/proc/self/fd").iterdir())

    def read() -> None:
        thread = threading.Thread(target=lambda: store.page(ResultFilter(), 10))
        thread.start()
        thread.join()

    read()
    before = open_files()
    for _ in range(30):
        read()
    assert open_files() == before
    store.close()


def test_a_file_that_is_damaged_while_in_use(tmp_path: Path) -> None:
    path = tmp_path / "results.sqlite"
    store = SqliteStore(path)
    store.write([result()])
    store.close()
    path.write_bytes(b"no database" * 1000)
    (tmp_path / "results.sqlite-wal").unlink(missing_ok=True)
    with pytest.raises(StoreUnavailable, match="cannot be read"):
        store.check()
    with pytest.raises(StoreUnavailable, match="took no write"):
        store.write([result("b")])
    store.close()
