"""What people write, as values."""

from datetime import UTC, date, datetime, timedelta

import pytest
import typer

from loupe_cli.arguments import Days, Name, days, image, moment, url
from loupe_shared.domain import now


@pytest.mark.parametrize(
    ("text", "ago"),
    [
        ("90s", timedelta(seconds=90)),
        ("30m", timedelta(minutes=30)),
        (" 2H ", timedelta(hours=2)),
        ("7 d", timedelta(days=7)),
        ("1w", timedelta(weeks=1)),
    ],
)
def test_how_long_ago(text: str, ago: timedelta) -> None:
    assert abs(now() - ago - moment(text)) < timedelta(seconds=5)


def test_times() -> None:
    assert moment("2026-11-22T08:15:30Z") == moment("2026-11-22T09:15:30+01:00")
    assert moment("2026-11-22T08:15Z") == datetime(2026, 11, 22, 8, 15, tzinfo=UTC)
    assert moment("2026-11-22") == datetime(2026, 11, 22).astimezone()


@pytest.mark.parametrize("text", ["", "yesterday", "2", "h", "-2h", "2026-13-01", "0001-01-01T00:00+23:00", "999999w"])
def test_no_time(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="such as 30m"):
        moment(text)


def test_days() -> None:
    assert days("2026-11-16..2026-11-23") == Days(date(2026, 11, 16), date(2026, 11, 23))


def test_names_of_images() -> None:
    for text in ("samples/coffee.png", "images/samples/coffee.png"):
        assert image(text, "images") == Name("images", "samples/coffee.png")
    assert image("images/images/a.jpg", "images") == Name("images", "images/a.jpg")
    assert image("images/a.jpg", "others") == Name("others", "images/a.jpg")


def test_addresses() -> None:
    assert url("https://loupe.example/") == "https://loupe.example"
    assert url("http://[::1]:8080") == "http://[::1]:8080"
    mistyped = ("http://loupe..example.org", f"http://{'a' * 64}.org", "http://.org")
    for text in ("loupe.example", "ftp://a", "http://", "http://a:b", "http://a:0", *mistyped):
        with pytest.raises(typer.BadParameter, match="no address"):
            url(text)
