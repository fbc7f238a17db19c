"""Patterns of blob names, as shells and Azure's tools write them."""

import re

_SPECIAL = re.compile(r"[*?\[]")


class Glob:
    """A pattern of whole names.

    ``*`` stands for any characters but a slash, ``**`` for any at all, ``**/`` for any folders or none, ``?`` for one
    character but a slash, ``[a-z]`` for one of these and ``[!a-z]`` for one but these. ``[*]`` is an asterisk.

    Attributes:
        prefix: what every name that matches begins with.

    Raises:
        ValueError: it is not a pattern, on construction.
    """

    def __init__(self, pattern: str) -> None:
        if not pattern:
            raise ValueError("an empty pattern matches nothing: leave it out to match everything")
        special = _SPECIAL.search(pattern)
        self.prefix = pattern[: special.start()] if special else pattern
        try:
            self._expression = re.compile(_translate(pattern), re.DOTALL)
        except re.error as error:
            raise ValueError(f"the pattern {pattern!r} cannot be read: {error}") from error

    def matches(self, name: str) -> bool:
        """Whether a name matches."""
        return self._expression.fullmatch(name) is not None


def _translate(pattern: str) -> str:
    parts, place = [], 0
    while place < len(pattern):
        if pattern.startswith("**/", place):
            parts.append("(?:.*/)?")
            place += 3
        elif pattern.startswith("**", place):
            parts.append(".*")
            place += 2
        elif pattern[place] == "*":
            parts.append("[^/]*")
            place += 1
        elif pattern[place] == "?":
            parts.append("[^/]")
            place += 1
        elif pattern[place] == "[":
            characters, place = _class(pattern, place)
            parts.append(characters)
        else:
            parts.append(re.escape(pattern[place]))
            place += 1
    return "".join(parts)


def _class(pattern: str, begin: int) -> tuple[str, int]:
    """The expression of a ``[…]`` that begins at a place, and the place after it."""
    end = pattern.find("]", begin + 2 + pattern.startswith("!", begin + 1))
    if end < 0:
        raise ValueError(f"the pattern {pattern!r} has a [ without its ]: write [[] for the character itself")
    inside = pattern[begin + 1 : end]
    negated, members = inside.startswith("!"), inside.removeprefix("!")
    escaped = "".join(f"\\{character}" if character in "\\^[]&~|" else character for character in members)
    return f"[{'^' if negated else ''}{escaped}]", end + 1
