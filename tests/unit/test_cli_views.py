"""What people see of fixed results."""

import io
from datetime import timedelta

import pytest
from PIL import Image
from rich.console import Console, RenderableType

from loupe_cli import text
from loupe_cli.views import image, images, passage, picture
from loupe_cli.views.counts import counted
from loupe_cli.views.pipeline import pipeline
from loupe_shared.agreement import agreed
from loupe_shared.api.pipeline import Pipeline
from loupe_shared.api.statistics import Counts
from loupe_shared.domain import Outcome
from loupe_shared.pipeline import QueueDepth, Worker
from loupe_shared.result import ImageProperties, Precision, Review
from tests.factories import NOON, encode, result

QUEUES = (QueueDepth(name="classify", waiting=1204, running=2, dead=1),)
WORKER = Worker(
    service="inference",
    name="a:1",
    model="test:1",
    precision=Precision.INT8,
    device="cpu",
    started_at=NOON,
    images=120816,
    images_per_minute=7240,
    reported_at=NOON,
)
ESCAPE = "\x1b[2Jname\u202e.jpg"


def plain(view: RenderableType) -> str:
    """A view as a pipe gets it."""
    console = Console(file=io.StringIO(), width=200, markup=False, emoji=False, highlight=False)
    with console.capture() as capture:
        console.print(view)
    return capture.get()


def test_names_and_labels_do_not_command_the_terminal() -> None:
    shown = plain(images.table([result(ESCAPE, "\x07label [red]")]))
    assert "�[2Jname�.jpg" in shown
    assert "�label [red]" in shown


def test_what_a_person_said_stands_beside_the_answer() -> None:
    review = Review(label="lynx", reviewer="Ada", reviewed_at=NOON)
    assert plain(images.answer(result().model_copy(update={"review": review}))) == "cat → lynx\n"
    confirmed = review.model_copy(update={"label": "cat"})
    assert plain(images.answer(result().model_copy(update={"review": confirmed}))) == "cat\n"


def test_what_each_person_said_is_shown_and_that_they_disagree() -> None:
    known = result()
    for reviewer, label in (("Ada", "lynx"), ("\x1bBob", "cat")):
        known = agreed(known, Review(label=label, reviewer=reviewer, reviewed_at=NOON))
    lines = plain(image.facts(known)).splitlines()
    assert lines[0].startswith("review    cat, says �Bob, ")
    assert lines[1].startswith("review    lynx, says Ada, ")
    assert lines[2].startswith("conflict  reviewers disagree")
    settled = agreed(known, Review(label="cat", reviewer="Cem", reviewed_at=NOON))
    assert "conflict" not in plain(image.facts(settled))
    earlier = result().model_copy(update={"review": known.reviews[0]})
    assert plain(image.facts(earlier)).startswith("review    lynx, says Ada, ")


@pytest.mark.parametrize("begins", ["=", "+", "-", "@", "\t"])
def test_no_cell_of_a_spreadsheet_is_a_formula(begins: str) -> None:
    file = io.StringIO()
    images.write_csv([result(f"{begins}1.jpg")], file)
    assert f"'{begins}1.jpg" in file.getvalue()


def test_clocks_that_differ_are_told() -> None:
    late = result(completed_at=NOON + timedelta(milliseconds=50))
    assert passage.CLOCKS not in plain(passage.passage(late, ()))
    early = result(completed_at=NOON + timedelta(milliseconds=5))
    assert passage.CLOCKS in plain(passage.passage(early, ()))
    assert [stage.ms for stage in passage.stages(early)] == [1.5, 2.5, 3.5, 4.5, 0.0]
    assert passage.stages(late)[3].at == NOON + timedelta(milliseconds=7.5)


def test_an_image_on_its_way() -> None:
    seen = Pipeline(outstanding=1, queues=QUEUES, workers=())
    shown = plain(passage.on_its_way("a.jpg", seen, is_stored=True))
    for words in ("is in storage and has no outcome yet", "1 image", "1,204 waiting, 2 running, 1 dead", "none"):
        assert words in shown
    assert "is not in storage" in plain(passage.on_its_way("a.jpg", seen, is_stored=False))


def test_the_pipeline() -> None:
    shown = plain(pipeline(Pipeline(outstanding=7, queues=QUEUES, workers=(WORKER,)), NOON + timedelta(seconds=3)))
    for words in ("7 images on the way", "1,204", "test:1 (int8)", "7,240", "120,816", "3 s ago"):
        assert words in shown
    assert "`loupe doctor`" in plain(pipeline(Pipeline(outstanding=0, queues=(), workers=()), NOON))


def test_counts() -> None:
    counts = Counts(
        outcomes={Outcome.CLASSIFIED: 1204},
        labels={"a": 1, "b": 2, "c": 3, "d": 4},
        reasons={},
        reviews={},
        models={},
        containers={},
    )
    assert plain(counted(counts, 2)).split("\n\n")[1].split() == ["Labels", "d", "4", "c", "3", "2", "others", "3"]


def test_a_picture_in_a_terminal_with_what_the_model_looked_at() -> None:
    """The left half is looked at, of which the model saw the upper three quarters."""
    properties = ImageProperties(format="JPEG", width=8, height=8, size_bytes=1, seen=(0, 0, 1, 0.75))
    looked = result().model_copy(update={"heatmap": ((255, 0),), "properties": properties})
    file = encode(Image.new("RGB", (8, 8), (0, 0, 200)))
    shown = picture.picture(file, looked, 80)
    assert shown
    rows = [[segment for segment in shown.segments if segment.text != "\n"][8 * n : 8 * n + 8] for n in range(4)]
    colours = [
        [segment.style.color.triplet for segment in row if segment.style and segment.style.color] for row in rows
    ]
    first, last = colours[0][0], colours[0][7]
    assert first
    assert (first.red > 100, first.green, first.blue < 150) == (True, 0, True)
    assert [tuple(colour or ()) for colour in (last, *colours[3])] == [(0, 0, 200)] * 9
    assert picture.picture(b"no picture", looked, 80) is None


def test_a_picture_of_which_it_was_not_noted_what_the_model_saw() -> None:
    wide = encode(Image.new("RGB", (12, 4), (0, 0, 200)))
    shown = picture.picture(wide, result().model_copy(update={"heatmap": ((255,),)}), 80)
    assert shown
    reds = [segment.style.color.triplet for segment in shown.segments if segment.style and segment.style.color][:12]
    assert [bool(colour and colour.red) for colour in reds] == [False] * 4 + [True] * 4 + [False] * 4


def test_pictures_are_shown_where_there_are_all_colours() -> None:
    assert picture.can_show(Console(force_terminal=True, color_system="truecolor"))
    assert not picture.can_show(Console(force_terminal=True, color_system="truecolor", no_color=True))
    assert not picture.can_show(Console(force_terminal=True, color_system="256"))
    assert not picture.can_show(Console(file=io.StringIO(), color_system="truecolor", force_terminal=False))


def test_values_as_words() -> None:
    assert [text.size(n) for n in (0, 999, 1000, 466706, 2.5e6, 3.21e9)] == [
        *("0 B", "999 B", "1 kB", "467 kB", "2 MB", "3.2 GB")
    ]
    assert [text.milliseconds(ms) for ms in (0.04, 9.94, 10, 12345.6)] == ["0.0 ms", "9.9 ms", "10 ms", "12,346 ms"]
    assert [text.number(n, "image") for n in (0, 1, 1204)] == ["0 images", "1 image", "1,204 images"]
    assert text.printable("a\udcff\n") == "a��"
    assert (text.share(None), text.share(0.951)) == ("-", "95.1 %")
