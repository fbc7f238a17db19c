"""Dead letters from the command line, over the application."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import get_args

import pytest

from loupe_cli.commands.letters import COMMANDS, SourceName
from loupe_shared.api.operate import Source
from tests.apps import archive
from tests.commands import loupe, said, shown
from tests.factories import NOON
from tests.unit.test_client import serving
from tests.unit.test_dead_letters import BATCH, JOB, UNKNOWN, Letters


@pytest.fixture
def letters() -> Letters:
    """A job, a batch, and a job that is malformed."""
    return Letters()


@pytest.fixture
def url(letters: Letters, unused_port: int) -> Iterator[str]:
    """An API that is open."""
    with serving(archive(office=letters.office), unused_port) as url:
        yield url


def listed(url: str, *options: str) -> list[str]:
    """Ids of letters in a list."""
    lines = loupe("dead-letters", "list", "--json", *options, url=url).stdout.splitlines()
    return [json.loads(line)["id"] for line in lines]


def test_lists(url: str, letters: Letters) -> None:
    job, batch, malformed = letters.ids()
    table = [line.split() for line in shown("dead-letters", "list", url=url).splitlines()]
    assert table[0] == ["letter", "from", "set", "aside", "images", "reason"]
    assert [(row[0], row[1], row[4]) for row in table[1:]] == [
        (malformed, "classify", "-"),
        (batch, "store", "b.jpg"),
        (job, "classify", "a.jpg"),
    ]
    assert listed(url, "--source", "classify", "-n", "1") == [malformed]
    assert listed(url, "--reason", "disk") == [batch]
    assert loupe("dead-letters", "list", "--reason", "x" * 9, url=url).stderr == (
        "loupe: there are no such dead letters\n"
    )


def test_one_in_full(url: str, letters: Letters) -> None:
    job, _, malformed = letters.ids()
    page = shown("dead-letters", "show", job, url=url)
    for words in (job, "KeyError: 'x'", "classify", "a.jpg", JOB.to_json()):
        assert words in page
    assert "It cannot be replayed" not in page
    assert "It cannot be replayed: it is malformed" in shown("dead-letters", "show", malformed, url=url)
    assert json.loads(shown("dead-letters", "show", job, "--json", url=url))["message"] == JOB.to_json()


def test_replaying_by_ids_and_by_a_filter(url: str, letters: Letters) -> None:
    job, batch, malformed = letters.ids()
    assert shown("dead-letters", "replay", "--reason", "disk", url=url) == "1 message replayed\n"
    done = loupe("dead-letters", "replay", job, batch, malformed, url=url)
    assert (done.exit_code, done.stdout) == (1, "1 message replayed\n")
    assert done.stderr.splitlines() == [
        f"loupe: {malformed} is not replayed: it is malformed and would be set aside again: images: Field required",
        "loupe: 1 message not found (any more)",
    ]
    assert letters.publisher.messages == [BATCH, JOB]


def test_dismissing(url: str, letters: Letters, monkeypatch: pytest.MonkeyPatch) -> None:
    job, batch, malformed = letters.ids()
    assert shown("dead-letters", "dismiss", malformed, url=url) == "1 message dismissed\n"
    assert "not found" in loupe("dead-letters", "dismiss", malformed, url=url).stderr
    letters.store.bury(BATCH.to_json(), "another", NOON - timedelta(days=1))
    monkeypatch.setattr("loupe_query.operate.office.MAX_AT_ONCE", 2)
    done = loupe("dead-letters", "dismiss", "--all", url=url)
    assert (done.exit_code, done.stdout) == (0, "2 messages dismissed\n")
    assert done.stderr == "loupe: there are more: say it again\n"
    assert len({job, batch} & set(listed(url))) < 2


@pytest.mark.parametrize("command", ["replay", "dismiss"])
def test_all_must_be_said_or_confirmed(
    url: str, letters: Letters, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "say which: ids, --source, --reason, or --all" in said(2, "dead-letters", command, url=url)
    for mistake in ((UNKNOWN, "--all"), ("--source", "store", "--all"), (UNKNOWN, "--reason", "x")):
        assert "say it in one way" in said(2, "dead-letters", command, *mistake, url=url)
    monkeypatch.setattr("loupe_cli.commands.letters._is_asked", lambda: True)
    for no in ("n\n", ""):
        refused = loupe("dead-letters", command, url=url, stdin=no)
        assert (refused.exit_code, f"{command}ed" in refused.stdout) == (1, False)
        assert f"{command.capitalize()} all dead letters? [y/N]" in refused.stderr
    assert len(letters.ids()) == len(listed(url)) == 3
    done = loupe("dead-letters", command, url=url, stdin="y\n")
    assert done.stdout.endswith({"replay": "2 messages replayed\n", "dismiss": "3 messages dismissed\n"}[command])


@pytest.mark.parametrize("command", [name for name, *_ in COMMANDS])
def test_outages_and_letters_that_there_are_not(url: str, command: str) -> None:
    ids = () if command == "list" else (UNKNOWN,)
    assert "does not answer" in said(3, "dead-letters", command, *ids)
    if ids:
        done = loupe("dead-letters", command, *ids, url=url)
        assert (done.exit_code, "Traceback" in done.output) == (1, False)
        assert "ids" in said(2, "dead-letters", command, "7", url=url) or command == "show"


def test_help_has_an_example_of_every_command() -> None:
    page = loupe("dead-letters", "--help").stdout
    for command, *_ in COMMANDS:
        assert f" {command} " in page
        assert f"$ loupe dead-letters {command}" in loupe("dead-letters", command, "--help").stdout


def test_options_have_the_values_of_the_api() -> None:
    assert get_args(SourceName) == tuple(Source)
