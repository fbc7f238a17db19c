"""The rules of which result is shown, against a model of them that knows no tricks."""

from collections import Counter
from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from loupe_shared.adapters.memory import MemoryStore
from loupe_shared.agreement import TakenBack, agreed
from loupe_shared.counters import CountFilter, Key, Kind, keys_of
from loupe_shared.ports import ResultStore
from loupe_shared.result import Result, Review
from tests.factories import NOON, deletion, rejection, result
from tests.stored import shown

BLOBS = ("a", "b")
LABELS = ("cat", "dog")


@st.composite
def results(draw: st.DrawFn) -> Result:
    """A result of one of two images; results of the same revision are the same."""
    blob, sequencer = draw(st.sampled_from(BLOBS)), draw(st.sampled_from(["01", "02", "0a", "10"]))
    match draw(st.sampled_from(["classified", "classified", "rejected", "deleted"])):
        case "classified":
            version, hours = draw(st.integers(1, 3)), draw(st.sampled_from([None, 1, 2]))
            requested_at = NOON + timedelta(hours=hours) if hours else None
            label = LABELS[version % len(LABELS)]
            moment = NOON + timedelta(days=version)
            options = {"sequencer": sequencer, "model_version": version, "requested_at": requested_at}
            return result(blob, label, completed_at=moment, **options)  # type: ignore[arg-type]
        case "rejected":
            return rejection(blob, sequencer=f"{sequencer}f")
        case _:
            return deletion(blob, sequencer=f"{sequencer}e")


class Archive(RuleBasedStateMachine):
    """Results arrive in any order and as often as they like, and people review what is shown."""

    def new_store(self) -> ResultStore:
        """The store that is tested."""
        return MemoryStore()

    @initialize()
    def begin(self) -> None:
        """Nothing has arrived."""
        self.store = self.new_store()
        self.arrived: list[Result] = []
        self.words: dict[str, list[tuple[Result, Review | TakenBack]]] = {blob: [] for blob in BLOBS}

    @rule(batch=st.lists(results(), min_size=1, max_size=4))
    def write(self, batch: list[Result]) -> None:
        """Some results arrive together."""
        told = self.store.write(batch)
        self.arrived += batch
        after = {blob: self.greatest(blob) for blob in BLOBS}
        expected = [one for one in after.values() if one in batch]
        assert sorted(one.revision for one in told) == sorted(one.revision for one in expected)

    @rule(blob=st.sampled_from(BLOBS), label=st.sampled_from([*LABELS, None]), reviewer=st.sampled_from(["Ada", "Bob"]))
    def review(self, blob: str, label: str | None, reviewer: str) -> None:
        """Somebody says what an image shows, or takes it back."""
        said = Review(label=label, reviewer=reviewer, reviewed_at=NOON) if label else TakenBack(reviewer=reviewer)
        known = self.greatest(blob)
        document = self.store.review(result(blob).image.id, said)
        assert (document is None) == (known is None)
        if known:
            self.words[blob].append((known, said))

    def greatest(self, blob: str) -> Result | None:
        """What is to be shown of an image, but for a review."""
        return max((one for one in self.arrived if one.image.blob == blob), key=lambda one: one.revision, default=None)

    def expected(self, blob: str) -> Result | None:
        """What is to be shown of an image: what people say holds for the version of the blob that they saw."""
        one = self.greatest(blob)
        if one is None:
            return None
        for reviewed, said in self.words[blob]:
            if (reviewed.image.sequencer, reviewed.image.etag) == (one.image.sequencer, one.image.etag):
                one = agreed(one, said)
        return one

    @invariant()
    def the_newest_is_shown(self) -> None:
        """Whatever came when."""
        for blob in BLOBS:
            assert shown(self.store, result(blob)) == self.expected(blob)

    @invariant()
    def everything_else_is_history(self) -> None:
        """Each revision once, the newest first."""
        for blob in BLOBS:
            revisions = {one.revision for one in self.arrived if one.image.blob == blob}
            earlier = sorted(revisions, reverse=True)[1:]
            found = [Result.model_validate_json(document) for document in self.store.history(result(blob).image.id)]
            assert [one.revision for one in found] == earlier

    @invariant()
    def counts_are_those_of_what_is_shown(self) -> None:
        """And nothing else."""
        current = [one for one in map(self.expected, BLOBS) if one]
        keys = Counter(key for one in current for key in keys_of(one))
        every = CountFilter(tuple(Kind))
        counted = self.store.count(every, ["day", "container", "model", "kind", "key"])
        assert {Key(*key): images for key, images in counted.items()} == keys


TestMemory = Archive.TestCase
TestMemory.settings = settings(max_examples=60, stateful_step_count=20, deadline=None)
