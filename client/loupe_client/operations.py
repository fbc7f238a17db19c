"""What operators do: look after dead letters, and have images classified again."""

from collections.abc import Iterable, Iterator
from typing import Unpack

from loupe_client.addresses import body_of, chunks, named
from loupe_client.connection import Connection
from loupe_client.filters import LetterFilter, TimedFilter
from loupe_shared.api.images import ImageName
from loupe_shared.api.operate import (
    DeadLetter,
    DeadLetterInFull,
    DeadLetterPage,
    LettersDismissed,
    LettersReplayed,
    Reclassified,
    RefusedLetter,
)


class Operations:
    """The part of the client for operators. What it does may be done twice, and is the same afterwards."""

    _api: Connection

    def dead_letters(self, **wanted: Unpack[LetterFilter]) -> Iterator[DeadLetter]:
        """Messages that were set aside, the newest first, page by page for as long as one looks."""
        cursor: str | None = None
        while True:
            page = self.dead_letter_page(cursor=cursor, **wanted)
            yield from page.letters
            cursor = page.next
            if cursor is None:
                return

    def dead_letter_page(
        self, *, limit: int | None = None, cursor: str | None = None, **wanted: Unpack[LetterFilter]
    ) -> DeadLetterPage:
        """A part of the list. ``next`` of it is the cursor of the next."""
        return self._api.ask(DeadLetterPage, "GET", "/v1/dead-letters", {**wanted, "limit": limit, "cursor": cursor})

    def dead_letter(self, letter_id: str) -> DeadLetterInFull:
        """One of them, with the message.

        Raises:
            NotFound: there is no such letter, or not any more.
        """
        return self._api.ask(DeadLetterInFull, "GET", f"/v1/dead-letters/{letter_id}")

    def replay(self, letter_ids: Iterable[str]) -> LettersReplayed:
        """Have messages handled again, by their ids. Any number of them."""
        return _replayed([self._replay({"ids": chunk}) for chunk in chunks(letter_ids)])

    def replay_matching(self, **wanted: Unpack[LetterFilter]) -> LettersReplayed:
        """Have all messages handled again that match; all that there are, if nothing is said.

        Of very many it does a part, and says that there are ``more``.
        """
        return self._replay({"filter": body_of(wanted)})

    def dismiss(self, letter_ids: Iterable[str]) -> LettersDismissed:
        """Remove messages for good, by their ids. Any number of them."""
        done = [self._dismiss({"ids": chunk}) for chunk in chunks(letter_ids)]
        dismissed, missing = sum(one.dismissed for one in done), sum(one.missing for one in done)
        return LettersDismissed(dismissed=dismissed, missing=missing, more=False)

    def dismiss_matching(self, **wanted: Unpack[LetterFilter]) -> LettersDismissed:
        """Remove all messages for good that match; all that there are, if nothing is said.

        Of very many it does a part, and says that there are ``more``.
        """
        return self._dismiss({"filter": body_of(wanted)})

    def reclassify(self, names: Iterable[tuple[str, str]]) -> Reclassified:
        """Have images classified again, by container and blob. Any number of them."""
        done = [self._reclassify({"images": named(chunk)}) for chunk in chunks(names)]
        missing: list[ImageName] = [name for one in done for name in one.missing]
        asked, deleted = sum(one.asked for one in done), sum(one.deleted for one in done)
        return Reclassified(asked=asked, deleted=deleted, missing=tuple(missing))

    def reclassify_matching(self, *, cursor: str | None = None, **wanted: Unpack[TimedFilter]) -> Reclassified:
        """Have all images classified again that match; all that there are, if nothing is said.

        Of very many it does a part: ``next`` is the cursor to go on with.
        """
        return self._reclassify({"filter": body_of(wanted), "cursor": cursor})

    def _replay(self, body: object) -> LettersReplayed:
        return self._api.ask(LettersReplayed, "POST", "/v1/dead-letters/replay", body=body)

    def _dismiss(self, body: object) -> LettersDismissed:
        return self._api.ask(LettersDismissed, "POST", "/v1/dead-letters/dismiss", body=body)

    def _reclassify(self, body: object) -> Reclassified:
        return self._api.ask(Reclassified, "POST", "/v1/images/reclassify", body=body)


def _replayed(done: list[LettersReplayed]) -> LettersReplayed:
    refusals: list[RefusedLetter] = [refusal for one in done for refusal in one.refusals]
    return LettersReplayed(
        replayed=sum(one.replayed for one in done),
        refused=sum(one.refused for one in done),
        refusals=tuple(refusals),
        missing=sum(one.missing for one in done),
        more=False,
    )
