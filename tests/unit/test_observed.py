"""What metrics and traces say of the images of a job."""

from loupe_inference.job import Outcomes
from loupe_inference.observed import attributes, count
from loupe_shared.result import Timings
from loupe_shared.telemetry.metrics import IMAGES, IMAGES_RECALLED, STAGE_SECONDS
from tests.factories import image_ref, rejection, result
from tests.metering import Growth

KNOWN = result("known.jpg").model_copy(update={"timings_ms": Timings(queued=1, fetch=9, decode=0, inference=0)})
OUTCOMES = Outcomes(results=[result("a.jpg"), KNOWN, rejection("bad.jpg")], unread=[image_ref("away.jpg")], recalled=1)


def test_images_count_by_outcome_and_reason() -> None:
    images, recalled = Growth(IMAGES), Growth(IMAGES_RECALLED)
    count(OUTCOMES)
    assert (images("classified", ""), images("rejected", "corrupt")) == (2, 1)
    assert recalled() == 1


def test_images_of_known_bytes_took_no_time_to_decode_and_infer() -> None:
    seconds = Growth(STAGE_SECONDS)
    count(OUTCOMES)
    taken = {stage: seconds(stage, ending="_count") for stage in ("queued", "fetch", "decode", "inference")}
    assert taken == {"queued": 2, "fetch": 2, "decode": 1, "inference": 1}
    assert round(seconds("fetch", ending="_sum"), 4) == 0.0115


def test_what_is_answered_from_an_embedding_was_neither_fetched_nor_decoded() -> None:
    seconds = Growth(STAGE_SECONDS)
    count(Outcomes(results=[result("a.jpg").model_copy(update={"from_embedding": True})]))
    assert [seconds(stage, ending="_count") for stage in ("queued", "fetch", "decode", "inference")] == [1, 0, 0, 0]


def test_the_span_of_a_job_says_what_came_of_it_and_what_took_longest() -> None:
    assert attributes(OUTCOMES) == {
        "loupe.recalled": 1,
        "loupe.unread": 1,
        "loupe.blobs": ["a.jpg", "known.jpg", "bad.jpg"],
        "loupe.outcome.classified": 2,
        "loupe.outcome.corrupt": 1,
        "loupe.longest_ms.queued": 1.5,
        "loupe.longest_ms.fetch": 9,
        "loupe.longest_ms.decode": 3.5,
        "loupe.longest_ms.inference": 4.5,
    }
