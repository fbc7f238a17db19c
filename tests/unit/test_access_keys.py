"""API keys: made, kept as hashes in a file, and revoked while the service runs."""

import json
import logging
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from loupe_query.access.callers import Caller, NotAuthenticated
from loupe_query.access.keyfile import INTERVAL_S, KeyFile
from loupe_query.access.keys import hash_key, main, new_key
from loupe_shared.api.access import Scope
from loupe_shared.errors import ConfigurationError

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.seconds = NOON.timestamp()

    def __call__(self) -> float:
        """The time."""
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    """Both clocks of a key file."""
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the keys are."""
    return tmp_path / "keys.json"


def entry(key: str, name: str = "grafana", **others: Any) -> dict[str, Any]:  # noqa: ANN401
    """What is kept of a key."""
    return {"name": name, "sha256": hash_key(key), "scopes": ["read"], **others}


def is_known(keys: KeyFile, key: str) -> bool:
    """Whether a key lets anyone in."""
    try:
        keys.caller(key)
    except NotAuthenticated:
        return False
    return True


def test_a_key_tells_who_calls(path: Path) -> None:
    one, other = new_key(), new_key()
    path.write_text(json.dumps([entry(one), entry(other, "desk", scopes=["review", "read"])]))
    keys = KeyFile(path)
    assert keys.caller(one) == Caller("grafana", frozenset({Scope.READ}))
    assert keys.caller(other) == Caller("desk", frozenset({Scope.READ, Scope.REVIEW}))
    for wrong in ("", "loupe_", one[:-1], one + "=", hash_key(one), "loupe_ü"):
        with pytest.raises(NotAuthenticated, match="unknown, revoked or expired"):
            keys.caller(wrong)


def test_keys_are_long_and_differ() -> None:
    keys = {new_key() for _ in range(100)}
    assert len(keys) == 100
    assert all(key.startswith("loupe_") and len(key) == 49 for key in keys)


def test_a_key_ends_when_it_expires(path: Path, clock: Clock) -> None:
    key = new_key()
    path.write_text(json.dumps([entry(key, expires="2026-11-22T13:00:01+01:00")]))
    keys = KeyFile(path, clock, clock)
    assert is_known(keys, key)
    clock.seconds += 1
    assert not is_known(keys, key)


def test_changes_are_seen_without_a_restart(path: Path, clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    old, new = new_key(), new_key()
    path.write_text(json.dumps([entry(old)]))
    keys = KeyFile(path, clock)
    with caplog.at_level(logging.INFO):
        path.write_text(json.dumps([entry(old), entry(new)]))
        assert not is_known(keys, new)  # it looks once per second
        clock.seconds += INTERVAL_S
        assert is_known(keys, new)
        path.write_text(json.dumps([entry(new)]))
        clock.seconds += INTERVAL_S
        assert not is_known(keys, old)
        path.write_text("[]")
        clock.seconds += INTERVAL_S
        assert not is_known(keys, new)
    assert [record.getMessage() for record in caplog.records] == [f"{n} API keys are in force" for n in (2, 1, 0)]


def test_changes_of_a_mounted_secret_are_seen(tmp_path: Path, clock: Clock) -> None:
    """Kubernetes lets a link point to another folder, in which content may even be as long and as old."""
    old, new = new_key(), new_key()
    for folder, key in (("v1", old), ("v2", new)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "keys.json").write_text(json.dumps([entry(key)]))
    current = tmp_path / "current"
    current.symlink_to("v1")
    keys = KeyFile(current / "keys.json", clock)
    assert is_known(keys, old)
    (tmp_path / "next").symlink_to("v2")
    (tmp_path / "next").rename(current)
    clock.seconds += INTERVAL_S
    assert (is_known(keys, old), is_known(keys, new)) == (False, True)


BROKEN = [
    ("", "Invalid JSON"),
    ("[", "Invalid JSON"),
    ("{}", "valid array"),
    ("[{}]", "0.name: Field required"),
    (json.dumps([entry("a"), entry("b", scopes=["write"])]), "1.scopes.0: .*'read', 'review' or 'operate'"),
    (json.dumps([entry("a", scopes=[])]), "0.scopes"),
    (json.dumps([entry("a", name="")]), "0.name"),
    (json.dumps([entry("a", sha256=hash_key("a").upper())]), "0.sha256"),
    (json.dumps([entry("a", sha256=hash_key("a") + "\n")]), "0.sha256"),
    (json.dumps([entry("a", sha256="loupe_notahash")]), "0.sha256"),
    (json.dumps([entry("a", expires="2027-06-30T12:00:00")]), "0.expires: .*timezone"),
    (json.dumps([entry("a", expire="2027-06-30T12:00:00Z")]), "0.expire: Extra inputs"),
    (json.dumps([entry("a"), entry("a", "desk")]), "the key of desk is in it twice"),
]


@pytest.mark.parametrize(("text", "problem"), BROKEN)
def test_a_service_does_not_start_with_a_broken_file(path: Path, text: str, problem: str) -> None:
    path.write_text(text)
    with pytest.raises(ConfigurationError, match=f"LOUPE_API_KEYS_FILE: .*keys.json: .*({problem})") as caught:
        KeyFile(path)
    assert "\n" not in str(caught.value)


def test_a_service_does_not_start_without_its_file(path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"LOUPE_API_KEYS_FILE: .*keys.json: No such file"):
        KeyFile(path)
    with pytest.raises(ConfigurationError, match=r"Is a directory|Permission denied"):
        KeyFile(path.parent)


@pytest.mark.parametrize(("text", "problem"), [*BROKEN, (None, "No such file")])
def test_a_file_that_becomes_broken_changes_nothing(
    path: Path, clock: Clock, caplog: pytest.LogCaptureFixture, text: str | None, problem: str
) -> None:
    key, new = new_key(), new_key()
    path.write_text(json.dumps([entry(key)]))
    keys = KeyFile(path, clock)
    if text is None:
        path.unlink()
    else:
        path.write_text(text)
    for _ in range(3):
        clock.seconds += INTERVAL_S
        assert is_known(keys, key)
    (record,) = caplog.records  # once, not each time that it looks
    assert record.levelno == logging.ERROR
    assert "stay as they were" in record.getMessage()
    assert re.search(f"{re.escape(str(path))}: .*({problem})", record.getMessage())
    path.write_text(json.dumps([entry(new)]))
    clock.seconds += INTERVAL_S
    assert (is_known(keys, key), is_known(keys, new)) == (False, True)


def test_the_command_makes_a_key_that_works(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["--name", "grafana", "--scope", "read", "--scope", "review", "--expires", "2999-06-30"])
    lines = [line for line in capsys.readouterr().out.splitlines() if line]
    key = next(line for line in lines if line.startswith("loupe_"))
    assert key not in lines[-1]
    assert json.loads(lines[-1])["expires"] == "2999-06-30T00:00:00Z"
    path.write_text(f"[{lines[-1]}]")
    assert KeyFile(path).caller(key) == Caller("grafana", frozenset({Scope.READ, Scope.REVIEW}))


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--name", "a"], "--scope"),
        (["--scope", "read"], "--name"),
        (["--name", "a", "--scope", "write"], "choose from"),
        (["--name", "a", "--scope", "read", "--expires", "soon"], "soon is no date"),
        (["--name", "a", "--scope", "read", "--expires", "2020-01-01"], "in the future"),
    ],
)
def test_the_command_says_what_is_wrong(capsys: pytest.CaptureFixture[str], arguments: list[str], problem: str) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    captured = capsys.readouterr()
    assert problem in captured.err
    assert not captured.out


def test_the_command_is_started_as_documented() -> None:
    command = [sys.executable, "-W", "error", "-m", "loupe_query.access.keys", "--name", "a", "--scope", "operate"]
    made = subprocess.run(command, capture_output=True, text=True, check=True)
    assert '"scopes":["operate"]' in made.stdout
    assert not made.stderr
