"""One job from references to outcomes.

    reference ─► fetch ─► known bytes? ─► decode ─► infer ─► result
                   └─────────┴──────────────┴─► outcome of its own

Everything that is known of a job is known to one thread, which sleeps until the other stages tell it something: storage
that an image has come, decoders that there is none in it, streams what the model says. So nothing here is shared, and
what happens to an image never costs its neighbours.
"""

import time
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from queue import Empty, SimpleQueue

import numpy as np

from loupe_inference.answers import Answer, content_key
from loupe_inference.batcher import Scores
from loupe_inference.explain import heatmaps, top_predictions
from loupe_inference.model import ServedModel
from loupe_inference.passage import Passage
from loupe_inference.stages import Stages
from loupe_shared.domain import ImageRef, Reason, now
from loupe_shared.embedding import quantize
from loupe_shared.errors import BlobGone, BlobReplaced, ImageRejected, StorageUnavailable
from loupe_shared.result import Embedding, Result


@dataclass
class Outcomes:
    """What became of the images of a job.

    Attributes:
        results: an outcome for each image but the unread ones.
        unread: images that storage did not give, or that could not be decoded for want of a thread: to be tried again.
        recalled: how many of the results are answers that were known before.
    """

    results: list[Result] = field(default_factory=list)
    unread: list[ImageRef] = field(default_factory=list)
    recalled: int = 0

    def add(self, others: "Outcomes") -> None:
        """Take in the outcomes of other images."""
        self.results += others.results
        self.unread += others.unread
        self.recalled += others.recalled


_Event = Future[bytes] | Scores | Exception


class Job:
    """A job in progress. Used by one thread, once.

    Args:
        images: of the job.
        model: that answers.
        stages: that the images pass through.
    """

    def __init__(self, images: Sequence[ImageRef], model: ServedModel, stages: Stages) -> None:
        self._model = model
        self._stages = stages
        self._outcomes = Outcomes()
        self._events: SimpleQueue[tuple[int, _Event]] = SimpleQueue()
        self._open = {place: Passage(image) for place, image in enumerate(images)}
        self._twins: dict[bytes, list[int]] = defaultdict(list)
        self._scored: list[tuple[list[Passage], Scores]] = []

    def run(self) -> Outcomes:
        """Return when every image has an outcome or is unread.

        Raises:
            BrokerUnavailable: the cache of answers does not answer.
            Exception: the model failed.
        """
        self._fetch()
        while self._open:
            events = self._wait_for_events()
            if not events:
                self._give_up()
            fetched = []
            for place, event in events:
                if place not in self._open:  # it was given up
                    continue
                match event:
                    case Future() as read if error := read.exception():
                        self._fail(place, error)
                    case Future() as read:
                        fetched.append((place, read.result()))
                    case Scores() as scores:
                        self._scored.append(([self._open.pop(twin) for twin in self._with_twins(place)], scores))
                    case error:
                        self._fail(place, error)
            self._recall(fetched)
        if self._scored:
            self._answer()
        return self._outcomes

    def _fetch(self) -> None:
        limit = self._stages.limits.max_bytes
        for place, passage in list(self._open.items()):
            length = passage.image.content_length
            if length is not None and length > limit:
                self._fail(place, ImageRejected(Reason.TOO_LARGE, f"{length} bytes exceed the limit of {limit}"))
        moment, started = now(), time.perf_counter()
        reads = self._stages.reader.read([passage.image for passage in self._open.values()], limit)
        for (place, passage), read in zip(self._open.items(), reads, strict=True):
            since = passage.image.requested_at or passage.image.uploaded_at
            passage.queued_ms = max(0.0, (moment - since).total_seconds() * 1000)
            read.add_done_callback(partial(self._fetched, place, passage, started))

    def _fetched(self, place: int, passage: Passage, started: float, read: Future[bytes]) -> None:
        """Called from storage's thread."""
        passage.fetch_ms = (time.perf_counter() - started) * 1000
        self._report(place, read)

    def _wait_for_events(self) -> list[tuple[int, _Event]]:
        """All that has happened; after a while of nothing, nothing."""
        try:
            events = [self._events.get(timeout=self._stages.limits.decode_timeout_s / 4)]
        except Empty:
            return []
        while not self._events.empty():
            events.append(self._events.get())
        return events

    def _recall(self, fetched: Sequence[tuple[int, bytes]]) -> None:
        """Answer what is known already, and let the rest be decoded."""
        if not fetched:
            return
        keys = [content_key(self._model.key, bytes_) for _, bytes_ in fetched]
        known = self._stages.answers.recall(keys)
        for key, (place, content) in zip(keys, fetched, strict=True):
            passage = self._open[place]
            passage.key = key
            if key in known:
                self._outcomes.recalled += 1
                self._settle(place, passage.classified(self._model.version, known[key], inference_ms=0.0))
                continue
            self._twins[key].append(place)
            if len(self._twins[key]) == 1:  # its twins wait for its outcome
                self._stages.decode(passage, content, self._model, partial(self._report, place))

    def _report(self, place: int, event: _Event) -> None:
        """Called from other threads."""
        self._events.put((place, event))

    def _answer(self) -> None:
        """Read what the model says of all images at once, which takes a fraction of the time of one by one."""
        predictions = top_predictions(np.stack([s.probabilities for _, s in self._scored]), self._model.labels)
        maps = heatmaps(np.stack([s.activation_map for _, s in self._scored]))
        embeddings: Sequence[Embedding | None] = [None] * len(self._scored)
        if self._model.embeds:
            embeddings = quantize(np.stack([s.embedding for _, s in self._scored]))
        learned: dict[bytes, Answer] = {}
        told = zip(self._scored, predictions, maps, embeddings, strict=True)
        for (passages, scores), predicted, heatmap, embedding in told:
            inferred, *twins = passages
            answer = Answer(predictions=predicted, heatmap=heatmap, embedding=embedding, properties=inferred.decoded())
            learned[inferred.key] = answer
            self._outcomes.results.append(inferred.classified(self._model.version, answer, scores.inference_ms))
            self._outcomes.results += [twin.classified(self._model.version, answer, 0.0) for twin in twins]
            self._outcomes.recalled += len(twins)
        self._stages.answers.remember(learned)

    def _fail(self, place: int, error: BaseException) -> None:
        """What these bytes cannot give, they cannot give their twins either."""
        for twin in self._with_twins(place):
            match error:
                case BlobGone() | BlobReplaced() | ImageRejected():
                    self._settle(twin, self._open[twin].failed(self._model.version, error))
                case StorageUnavailable():
                    self._leave_unread(twin)
                case _:
                    raise error

    def _give_up(self) -> None:
        """A decoder that takes too long goes on, for a thread cannot be stopped, but nobody waits for it.

        If all of them do, what waits for one is left to be tried again.
        """
        moment, limit = time.perf_counter(), self._stages.limits.decode_timeout_s
        for place, passage in list(self._open.items()):
            if passage.waits_since is None or passage.decode_ended is not None:
                continue
            if passage.decode_began is not None:
                if moment - passage.decode_began > limit:
                    late = f"decoding took more than {limit} s"
                    self._fail(place, ImageRejected(Reason.DECODE_TIMEOUT, late))
            elif moment - max(passage.waits_since, self._stages.decoded_at) > limit:
                for twin in self._with_twins(place):
                    self._leave_unread(twin)

    def _with_twins(self, place: int) -> list[int]:
        """This image and those of the same bytes that wait for its outcome."""
        return self._twins.pop(self._open[place].key, None) or [place]

    def _settle(self, place: int, result: Result) -> None:
        del self._open[place]
        self._outcomes.results.append(result)

    def _leave_unread(self, place: int) -> None:
        self._outcomes.unread.append(self._open.pop(place).image)
