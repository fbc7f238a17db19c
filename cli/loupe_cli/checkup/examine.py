"""Asking what a checkup has to know. Each answer is judged as it comes, and an error is a finding, too."""

from collections.abc import Callable, Iterator
from importlib.metadata import version
from urllib.parse import urlsplit

from loupe_cli.checkup import judge
from loupe_cli.checkup.findings import Finding, bad, ok, warning
from loupe_cli.failures import explained
from loupe_client import ApiError, Contact, Loupe, NotAllowed, Unreachable
from loupe_shared.api.operate import Source
from loupe_shared.domain import now

MANY_LETTERS = 100
PROBE = "doctor/probe.png"


def examine(loupe: Loupe, url: str, pause: Callable[[], None]) -> Iterator[Finding]:
    """Everything that can be seen without changing anything.

    Args:
        loupe: is asked.
        url: of the API.
        pause: waits between two looks at what is on its way.

    Raises:
        Unreachable: the API does not answer, so that nothing can be found out.
    """
    before = now()
    contact = loupe.contact()
    yield _readiness(contact, url)
    if contact.at:
        middle = before + (now() - before) / 2
        yield judge.clocks((contact.at - middle).total_seconds())
    yield from _asked(lambda: [judge.versions(version("loupe-cli"), loupe.version())], url)
    yield from _asked(lambda: [judge.caller(loupe.me())], url)
    yield from _asked(lambda: _pipeline(loupe, pause), url)
    yield from _asked(lambda: [_events(loupe)], url)
    yield from _asked(lambda: [_links(loupe)], url)


def _asked(question: Callable[[], list[Finding]], url: str) -> list[Finding]:
    try:
        return question()
    except ApiError as error:
        explanation = explained(error, url)
        return [bad(explanation.what, explanation.remedy or "look into the log of the query service")]


def _readiness(contact: Contact, url: str) -> Finding:
    if contact.is_ready:
        return ok(f"{url} answers and is ready")
    return bad(
        f"{url} answers, but cannot do its work",
        "see whether the store of results answers, and look into the log of the query service",
    )


def _pipeline(loupe: Loupe, pause: Callable[[], None]) -> list[Finding]:
    first = second = loupe.pipeline()
    if first.outstanding:
        pause()
        second = loupe.pipeline()
    return list(judge.pipeline(first, second))


def _events(loupe: Loupe) -> Finding:
    try:
        letters = loupe.dead_letter_page(source=Source.EVENTS, limit=MANY_LETTERS).letters
    except NotAllowed:
        return warning("events that were set aside were not looked at", "use a key that may operate")
    return judge.dead_events(len(letters))


def _links(loupe: Loupe) -> Finding:
    try:
        link = loupe.upload_links([PROBE]).uploads[0].url
    except NotAllowed:
        return warning("links for uploads were not looked at", "use a key that may review to have them looked at")
    host = urlsplit(link).netloc
    try:
        loupe.reach(link)
    except Unreachable as error:
        return bad(
            f"links lead to {host}, which cannot be reached from here: {error}",
            "see whether its name is known here, and whether a firewall or proxy stands in the way",
        )
    return ok(f"links lead to {host}, which answers")
