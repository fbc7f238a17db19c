"""The routes of dead letters."""

from itertools import islice
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query

from loupe_query.documents import example
from loupe_query.operate.examples import DISMISSED, LETTER, LETTERS, REPLAYED
from loupe_query.operate.letters import Letter, images_in, presentable
from loupe_query.operate.office import MAX_AT_ONCE, Office, Place
from loupe_shared.adapters.web import describe, describe_body
from loupe_shared.api.operate import (
    DeadLetter,
    DeadLetterInFull,
    DeadLetterPage,
    LetterId,
    LetterQuery,
    LettersByFilter,
    LettersById,
    LettersDismissed,
    LettersReplayed,
    RefusedLetter,
)

MAX_REFUSALS = 20

LIST = """Messages that can never be handled and were set aside, the newest first, with the reason. `classify` and
`store` are the broker's queues. `events` is the poison queue of the storage queue, if the service is told where that
is; a storage queue shows 32 messages, and the next only when those are gone."""

REPLAY = f"""Puts messages into the queues that they came from. Do it when the reason is mended: otherwise they come
back, as new dead letters. What is malformed is refused and stays. If something fails in between, or two people do it at
once, a message may be handled twice, which changes nothing. `ids` takes 500, a filter does {MAX_AT_ONCE} at once; an
empty filter means all."""

DISMISS = f"""Removes messages for good. The images that they name keep the outcome that they have, if any. `ids` takes
500, a filter does {MAX_AT_ONCE} at once; an empty filter means all."""


def letters_router(office: Office) -> APIRouter:
    """The routes over an office."""
    router = APIRouter(prefix="/v1/dead-letters", tags=["operate"], responses=describe(422, 503))

    @router.get("", summary="List dead letters", description=LIST, responses={200: example(LETTERS)})
    def list_letters(query: Annotated[LetterQuery, Query()]) -> DeadLetterPage:
        after = Place.from_cursor(query.cursor) if query.cursor else None
        letters, place = office.page(query, query.limit, after)
        return DeadLetterPage(
            letters=tuple(DeadLetter(**_shown(letter)) for letter in letters),
            next=place.to_cursor() if place else None,
        )

    @router.get(
        "/{id}",
        summary="One dead letter",
        description="With the message itself, and with what stands in the way of replaying it, if anything does.",
        responses={200: example(LETTER), **describe(404)},
    )
    def get_letter(id: LetterId) -> DeadLetterInFull:  # noqa: A002  (as the address calls it)
        found = office.find(id)
        if found is None:
            raise HTTPException(404, f"there is no dead letter {id} (any more)")
        letter, obstacle = found
        return DeadLetterInFull(**_shown(letter), message=presentable(letter.text), obstacle=obstacle)

    @router.post(
        "/replay",
        summary="Handle dead letters again",
        description=REPLAY,
        responses={200: example(REPLAYED), **describe_body()},
    )
    def replay_letters(choice: LettersById | LettersByFilter) -> LettersReplayed:
        done = office.replay(choice)
        refusals = tuple(RefusedLetter(id=id_, detail=why) for id_, why in islice(done.refused.items(), MAX_REFUSALS))
        return LettersReplayed(
            replayed=done.done, refused=len(done.refused), refusals=refusals, missing=done.missing, more=done.more
        )

    @router.post(
        "/dismiss",
        summary="Remove dead letters",
        description=DISMISS,
        responses={200: example(DISMISSED), **describe_body()},
    )
    def dismiss_letters(choice: LettersById | LettersByFilter) -> LettersDismissed:
        done = office.dismiss(choice)
        return LettersDismissed(dismissed=done.done, missing=done.missing, more=done.more)

    return router


def _shown(letter: Letter) -> dict[str, object]:
    """The fields of a ``DeadLetter``."""
    return {
        "id": letter.id,
        "source": letter.source,
        "reason": presentable(letter.reason),
        "at": letter.at,
        "images": images_in(letter.text),
    }
