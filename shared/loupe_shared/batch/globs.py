"""Patterns of blob names, as shells and Azure's tools write them.

A name is read once, whatever the pattern: all places in the pattern that may have been reached are kept as the bits of
one number (the *Shift-And* method of Baeza-Yates and Gonnet, "A New Approach to Text Searching", 1992, here with places
at which characters may repeat). A regular expression would try them one after another, and take years for patterns with
a dozen asterisks.
"""

import re

_SPECIAL = re.compile(r"[*?\[]")
_BEFORE_ENDING = re.compile(r"[*?\[\]/]")
_SLASH = re.compile("/")
_IN_FOLDER = re.compile("[^/]")
_NOTHING = re.compile("(?!)")


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
        self._steps: list[re.Pattern[str]] = []
        self._repeating = self._repeating_in_folder = self._skippable = 0
        self._read(pattern)
        special = _SPECIAL.search(pattern)
        self.prefix = pattern[: special.start()] if special else pattern
        # Most names that do not match end otherwise, which is seen much faster.
        *_, self._ending = _BEFORE_ENDING.split(pattern)
        self._after_prefix = self._skipped(1 << len(self.prefix))
        self._end = 1 << len(self._steps)
        self._followed: dict[str, int] = {}

    def matches(self, name: str) -> bool:
        """Whether a name matches."""
        if not name.startswith(self.prefix) or not name.endswith(self._ending):
            return False
        places = self._after_prefix
        for character in name[len(self.prefix) :]:
            staying = self._repeating if character == "/" else self._repeating | self._repeating_in_folder
            places = self._skipped((places & self._following(character)) << 1 | places & staying)
            if not places:
                return False
        return places & self._end != 0

    def _skipped(self, places: int) -> int:
        """These places, and those that are reached without another character: within and after a ``**/``."""
        skippable = places & self._skippable
        return places | skippable << 1 | skippable << 2

    def _following(self, character: str) -> int:
        """The places from which a character leads to the next."""
        if character not in self._followed:
            steps = enumerate(self._steps)
            self._followed[character] = sum(1 << place for place, step in steps if step.fullmatch(character))
        return self._followed[character]

    def _read(self, pattern: str) -> None:
        """Find the steps of a pattern, and which places have a character that repeats or may be skipped."""
        begin = 0
        while begin < len(pattern):
            here = 1 << len(self._steps)
            if pattern.startswith("**/", begin):
                if not here >> 2 & self._skippable:  # several in turn are as good as one
                    self._skippable |= here
                    self._repeating |= here << 1
                    self._steps += [_NOTHING, _SLASH]
                begin += 3
            elif pattern.startswith("**", begin):
                self._repeating |= here
                begin += 2
            elif pattern[begin] == "*":
                self._repeating_in_folder |= here
                begin += 1
            else:
                step, begin = _step(pattern, begin)
                self._steps.append(step)


def _step(pattern: str, begin: int) -> tuple[re.Pattern[str], int]:
    """The expression of the one character at a place, and the place after it."""
    if pattern[begin] == "?":
        return _IN_FOLDER, begin + 1
    if pattern[begin] != "[":
        return re.compile(re.escape(pattern[begin])), begin + 1
    end = pattern.find("]", begin + 2 + pattern.startswith("!", begin + 1))
    if end < 0:
        raise ValueError(f"the pattern {pattern!r} has a [ without its ]: write [[] for the character itself")
    inside = pattern[begin + 1 : end]
    negated, members = inside.startswith("!"), inside.removeprefix("!")
    escaped = "".join(f"\\{character}" if character in "\\^[]&~|" else character for character in members)
    try:
        return re.compile(f"[{'^' if negated else ''}{escaped}]"), end + 1
    except re.error as error:
        raise ValueError(f"the pattern {pattern!r} cannot be read: {error}") from error
