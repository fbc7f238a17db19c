"""Pages of lists in SQLite, each for a bounded amount of work, however many results there are.

A list is found in one of two ways. If its conditions leave few results in some index, those are all looked at and
sorted. Otherwise an index is walked in the list's order, and what matches is taken. Where little matches, a walk ends
after ``MAX_WALK`` entries: the page is short then, and the next one goes on from there.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from loupe_shared.adapters.sqlite_file import Row
from loupe_shared.adapters.sqlite_tables import FILTERED, code, key_of
from loupe_shared.domain import Outcome, microseconds
from loupe_shared.listing import Order, Page, Position, ResultFilter, Sort

MAX_WALK = 3_000

# Which columns an index begins with. In this order they are tried: what usually leaves the fewest results comes first.
_INDEXES = {
    "by_reason": ("reason", "completed"),
    "by_review": ("reviewed", "completed"),
    "by_name": ("blob",),
    "by_label": ("label", "completed"),
    "by_time": ("completed",),
    "by_score": ("score",),
    "by_uncertainty": ("uncertainty",),
}
_IN_TIME = ("by_reason", "by_review", "by_label", "by_time")
_SORTED_BY = {Sort.TIME: "completed", Sort.SCORE: "score", Sort.UNCERTAINTY: "uncertainty"}
_REVIEWED, _NOT_REVIEWED = "reviewed = 1", "reviewed = 0"
_CONFLICT = "json_extract(document, '$.conflict')"
_LAST_CHARACTER = "\U0010ffff"
_SURROGATES = range(0xD800, 0xE000)


@dataclass(frozen=True)
class _Condition:
    """A condition on a column: a constant of this module, and the values of its parameters."""

    column: str
    sql: str
    values: tuple[object, ...] = ()


def find_page(
    connection: sqlite3.Connection, wanted: ResultFilter, order: Order, limit: int, after: Position | None
) -> Page:
    """See ``ResultStore.page``. The connection must see one state of the file throughout."""
    search = _Search(connection, wanted, order, after)
    index = search.index_with_few()
    return search.sort(index, limit) if index else search.walk(limit)


def known_query(container: str, prefix: str, after: str, limit: int) -> tuple[str, list[object]]:
    """The statement of ``ResultStore.known`` and its values. It walks the names from where it begins, and no others.

    Texts are compared by their UTF-8 bytes. That is the order of their code points, and so of Python's strings.
    """
    begin = (
        ("blob > ?", after) if after >= prefix else ("blob >= ?", prefix)
    )  # with both, SQLite may start at the lower
    end = after_all_with(prefix)
    bounds = {begin[0]: begin[1], **({"blob < ?": end} if end else {}), "container = ?": code(container)}
    columns = "blob, json_extract(document, '$.image.etag'), outcome = ?"
    where = " AND ".join(bounds)
    statement = f"SELECT {columns} FROM results INDEXED BY by_name WHERE {where} ORDER BY blob LIMIT ?"  # noqa: S608
    return statement, [code(Outcome.DELETED), *bounds.values(), limit]


class _Search:
    def __init__(
        self, connection: sqlite3.Connection, wanted: ResultFilter, order: Order, after: Position | None
    ) -> None:
        self._connection = connection
        self._conditions = _conditions(wanted)
        self._column = column = _SORTED_BY[order.sort]
        direction, beyond = ("ASC", ">") if order.ascending else ("DESC", "<")
        self._by = f"ORDER BY {column} {direction}, id {direction}"
        self._begin = [_Condition(column, f"{column} IS NOT NULL")]
        self._walked = self._conditions
        if after:
            self._begin.append(_Condition(column, f"({column}, id) {beyond} (?, ?)", (after.value, key_of(after.id))))
            # The plus keeps SQLite from beginning the walk at this bound, and going through all pages before this one.
            same_side = f"{column} {beyond}"
            self._walked = [
                replace(one, sql=f"+{one.sql}") if one.sql.startswith(same_side) else one for one in self._conditions
            ]

    def index_with_few(self) -> str | None:
        """An index in which the conditions leave few results, if there is one."""
        for index in self._usable(_INDEXES):
            where, values = _where(_on(self._conditions, index))
            one_too_many = f"SELECT 1 FROM results INDEXED BY {index} {where} LIMIT 1 OFFSET {MAX_WALK}"  # noqa: S608
            if self._connection.execute(one_too_many, values).fetchone() is None:
                return index
        return None

    def sort(self, index: str, limit: int) -> Page:
        """Look at all that the conditions leave in an index."""
        where, values = _where([*self._conditions, *self._begin])
        entries = f"SELECT {self._column}, id, seq FROM results INDEXED BY {index} {where} {self._by} LIMIT ?"  # noqa: S608
        return self._page(self._connection.execute(entries, (*values, limit + 1)).fetchall(), limit)

    def walk(self, limit: int) -> Page:
        """Go along the list's order until the page is full, or for as long as a walk may last."""
        in_time = self._column == _SORTED_BY[Sort.TIME]
        index = next(iter(self._usable(_IN_TIME)), "by_time") if in_time else f"by_{self._column}"
        walked = _on(self._walked, index)
        where, values = _where([*walked, *self._begin])
        walk = f"FROM results INDEXED BY {index} {where} {self._by}"
        # There is no index of conflicts: few images are reviewed, and of these alone the documents are looked at.
        document = ", document" if any(_CONFLICT in condition.sql for condition in self._walked) else ""
        entries = f"SELECT {self._column} AS value, seq, {FILTERED}{document} {walk} LIMIT {MAX_WALK}"
        matching, more_values = _where([condition for condition in self._walked if condition not in walked])
        # SQLite takes entries from the inner query as the outer one asks for them, so a full page ends the walk.
        statement = f"SELECT value, id, seq FROM ({entries}) {matching} LIMIT ?"  # noqa: S608
        found = self._connection.execute(statement, (*values, *more_values, limit + 1)).fetchall()
        page = self._page(found, limit)
        if page.next:
            return page
        last = f"SELECT {self._column}, id {walk} LIMIT 1 OFFSET {MAX_WALK - 1}"
        end = self._connection.execute(last, values).fetchone()
        return replace(page, next=Position(end[0], end[1].hex())) if end else page

    def _page(self, found: Sequence[Row], limit: int) -> Page:
        """The documents, which are read only now that it is known of which results."""
        places = ", ".join("?" * len(found))
        select = f"SELECT seq, document FROM results WHERE seq IN ({places})"  # noqa: S608
        documents = dict(self._connection.execute(select, [seq for _, _, seq in found]).fetchall())
        return Page.of(((Position(value, id_.hex()), documents[seq]) for value, id_, seq in found), limit)

    def _usable(self, indexes: Iterable[str]) -> list[str]:
        """Those indexes whose first column has a condition."""
        columns = {condition.column for condition in self._conditions if condition.sql != _NOT_REVIEWED}
        return [index for index in indexes if _INDEXES[index][0] in columns]


def _on(conditions: Sequence[_Condition], index: str) -> list[_Condition]:
    return [condition for condition in conditions if condition.column in _INDEXES[index]]


def _conditions(wanted: ResultFilter) -> list[_Condition]:
    equal = {"container": wanted.container, "label": wanted.label, "model": wanted.model}
    equal |= {"outcome": wanted.outcome, "reason": wanted.reason}
    found = [_Condition(column, f"{column} = ?", (code(name),)) for column, name in equal.items() if name is not None]
    if wanted.reviewed is not None:  # spelt out, because the index has only those that were reviewed
        found.append(_Condition("reviewed", _REVIEWED if wanted.reviewed else _NOT_REVIEWED))
    if wanted.conflict is not None:
        found.append(_Condition("document", f"{_CONFLICT} IS {'' if wanted.conflict else 'NOT '}1"))
        found += [_Condition("reviewed", _REVIEWED)] if wanted.conflict else []
    bounds = [
        ("completed", ">=", microseconds(wanted.since) if wanted.since else None),
        ("completed", "<", microseconds(wanted.until) if wanted.until else None),
        ("score", ">=", wanted.min_score),
        ("score", "<=", wanted.max_score),
        ("uncertainty", ">=", wanted.min_uncertainty),
        ("uncertainty", "<=", wanted.max_uncertainty),
        ("blob", ">=", wanted.prefix or None),
        ("blob", "<", after_all_with(wanted.prefix) if wanted.prefix else None),
    ]
    found += [_Condition(column, f"{column} {sign} ?", (bound,)) for column, sign, bound in bounds if bound is not None]
    return found


def after_all_with(prefix: str) -> str | None:
    """The least text that is greater than all that begin so; nothing if there is none."""
    kept = prefix.rstrip(_LAST_CHARACTER)
    if not kept:
        return None
    following = ord(kept[-1]) + 1
    return kept[:-1] + chr(_SURROGATES.stop if following in _SURROGATES else following)


def _where(conditions: Sequence[_Condition]) -> tuple[str, list[object]]:
    sql = " AND ".join(condition.sql for condition in conditions)
    return f"WHERE {sql}" if sql else "", [value for condition in conditions for value in condition.values]
