"""Names of pictures: which are safe to make files of, and which file a name in somebody else's labels means."""

import os
import re
import unicodedata
from collections import defaultdict
from pathlib import Path, PureWindowsPath
from urllib.parse import unquote

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_SCHEME = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*)://")
MAX_SEGMENT_BYTES = 255


def problem_of(name: str) -> str | None:
    """Why a name cannot be the path of a picture below some folder, if it cannot."""
    segments = name.split("/")
    if _CONTROL.search(name) or "\\" in name:
        return "a name with control characters or backslashes"
    if name.startswith("/") or PureWindowsPath(name).drive:
        return "an absolute path; names are relative to the folder of images"
    if any(segment in ("", ".", "..") for segment in segments):
        return "a name with an empty part, '.' or '..'"
    try:
        is_long = any(len(segment.encode()) > MAX_SEGMENT_BYTES for segment in segments)
    except UnicodeEncodeError:
        return "a name with half a character"
    return f"a part of the name is longer than {MAX_SEGMENT_BYTES} bytes" if is_long else None


class Files:
    """The files below a folder, found by what other programs call them.

    Labels name a picture by an address of which only the end is known here, such as
    ``AmlDatastore://labels/line-3/a.jpg`` for ``line-3/a.jpg``. The two mean the same if one is the end of the other,
    part by part. So ``line-4/a.jpg`` is never taken for ``line-3/a.jpg``.
    """

    def __init__(self, folder: Path) -> None:
        self._by_last: dict[str, list[tuple[str, str]]] = defaultdict(list)
        self._by_path: dict[str, str] = {}
        for parent, _, names in os.walk(folder):
            for name in names:
                path = (Path(parent) / name).relative_to(folder).as_posix()
                self._by_last[_normal(name)].append((f"/{_normal(path)}", path))
                self._by_path[_normal(path)] = path

    def exact(self, path: str) -> str | None:
        """The path as the disk writes it, if there is such a file."""
        return self._by_path.get(_normal(path))

    def find(self, address: str) -> str:
        """The path of the file that an address means.

        Raises:
            LookupError: there is none, or there are several. The message says so.
        """
        as_given = _path_of(address)
        for wanted in dict.fromkeys((as_given, unquote(as_given))):
            path = f"/{_normal(wanted.lstrip('/'))}"
            candidates = self._by_last.get(path.rsplit("/", 1)[1], [])
            if ends := [one for one in candidates if path.endswith(one[0])]:
                return max(ends, key=lambda one: len(one[0]))[1]
            longer = [file for normal, file in candidates if normal.endswith(path)]
            if len(longer) == 1:
                return longer[0]
            if longer:
                raise LookupError(f"{address!r} may be any of {', '.join(map(repr, sorted(longer)[:3]))}")
        raise LookupError(f"{address!r} is not among the images")


def _path_of(address: str) -> str:
    """What in an address is a path: no scheme, and no signature after a question mark."""
    scheme = _SCHEME.match(address)
    if scheme is None:
        return address
    rest = address[scheme.end() :]
    return rest.partition("?")[0] if scheme[1].lower() in ("http", "https") else rest


def _normal(text: str) -> str:
    """One of the ways in which Unicode writes the same text: systems differ in which they use for names."""
    return unicodedata.normalize("NFC", text)
