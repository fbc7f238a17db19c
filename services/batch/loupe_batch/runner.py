"""One batch job, from its first chunk to its end, or until somebody stops it.

    chunk ─► judged ─► has ended already ──────────────────► counted, with its chunk
               └─► published ─► on its way ─► judged again ─┘

Nothing of this needs to be remembered: whoever takes the job up again judges the images of its open chunks anew.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice

from loupe_batch.answers import Answers
from loupe_batch.counting import Counting
from loupe_batch.flights import Flight, Flights
from loupe_batch.judge import NO_OUTCOME, Ended, Judge
from loupe_batch.ledger import Ledger
from loupe_batch.sources import Source
from loupe_batch.work import Work
from loupe_shared.batch.job import ANY_NUMBER, CHUNK, FINAL, Chunk, Counts, End, Failure, State
from loupe_shared.dispatch import Dispatch
from loupe_shared.domain import ImageRef
from loupe_shared.ports import Outstanding
from loupe_shared.result import Result
from loupe_shared.tally import Tally
from loupe_shared.telemetry import metrics, tracing

LOOK_INTERVAL_S = 0.1
REPORT_INTERVAL_S = 1.0
GROUP = 256
MANY = 128  # images; to look for fewer costs more than it brings
MAX_OPEN = 16  # chunks: a few images that take long do not hold up the rest


@dataclass(frozen=True)
class Tools:
    """What a runner works with.

    Attributes:
        source: the input; unset if all of it is in chunks.
        dispatch: publishes for the workers of batch jobs, a mini batch at a time.
        outstanding: knows what is on its way, for whatever reason.
        answers: the file to be written; unset for none.
        window: most images on their way at once.
    """

    source: Source | None
    judge: Judge
    dispatch: Dispatch
    outstanding: Outstanding
    answers: Answers | None
    window: int


class Runner:
    """Runs a job that its ledger has taken. Used by one thread.

    Args:
        ledger: of the job.
        chunks: those that have not ended.
        tools: what it works with.
        clock: gives seconds that never go back.
    """

    def __init__(
        self,
        ledger: Ledger,
        chunks: Sequence[Chunk],
        tools: Tools,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ledger = ledger
        self._works = {chunk.number: Work.of(chunk) for chunk in chunks}
        self._tools = tools
        self._clock = clock
        self._flights = Flights(tools.outstanding, clock)
        self._doubtful: set[str] = set()
        self._tally = Tally()
        self._reported_at = float("-inf")

    def run(self, counting: Counting | None, stopped: threading.Event) -> None:
        """Return when the job has ended, or the process is to end.

        Args:
            counting: of the input; unset if its length is known.
            stopped: is set when the process is to end.

        Raises:
            NotOurs: somebody else says what becomes of the job.
            TransientError: something does not answer. It may be run again.
        """
        while not stopped.is_set():
            has_more = self.step()
            if self._ledger.job.state in FINAL:
                return
            if self._clock() - self._reported_at > REPORT_INTERVAL_S:
                self.report(counting)
            if not has_more:
                stopped.wait(LOOK_INTERVAL_S)
        self._ledger.let_go()

    def step(self) -> bool:
        """Do a little of everything. Returns whether there is more to do at once."""
        if self._failed_too_often() or (self._ledger.job.is_planned and not self._works):
            self._finish()
            return True
        has_more = self._begin_chunk()
        has_more |= self._publish()
        has_more |= self._land()
        has_more |= self._end_chunks()
        return has_more

    def report(self, counting: Counting | None) -> None:
        """Show how far the job is, and keep hold of it."""
        job = self._ledger.job
        total = job.planned if job.is_planned else counting.total if counting else job.total
        self._ledger.report(self.open_counts(), self._tally.last_minute(), total)
        self._reported_at = self._clock()

    def fail(self, reason: str) -> None:
        """End the job although there is more to do. What has come to its end is counted, and no file is written.

        Raises:
            NotOurs: somebody else says what becomes of the job.
            TransientError: the store of jobs does not answer.
        """
        for work in list(self._works.values()):
            self._count(work)
        self._ledger.finish(State.FAILED, reason)

    def open_counts(self) -> Counts:
        """Of the images that have ended, of chunks that have not."""
        return sum((work.counts for work in self._works.values()), Counts())

    def _begin_chunk(self) -> bool:
        source = self._tools.source
        waiting = sum(len(work.todo) for work in self._works.values())
        if self._ledger.job.is_planned or source is None or waiting >= CHUNK or len(self._works) >= MAX_OPEN:
            return False
        chunk = self._ledger.begin(source.read(self._ledger.job.place))
        if chunk:
            self._works[chunk.number] = Work.of(chunk)
        return True

    def _publish(self) -> bool:
        """Look at the next images, and publish those that need it."""
        room = self._tools.window - len(self._flights)
        for work in self._works.values():
            wanted = min(GROUP, len(work.todo))
            # A few at a time would cost more, and make small batches.
            if work.todo and room >= min(wanted, self._tools.window / 4):
                self._publish_some(work, min(wanted, room))
                return True
        return False

    def _publish_some(self, work: Work, limit: int) -> None:
        blobs = list(islice(work.todo, limit))
        judged = list(zip(blobs, self._tools.judge.judge(blobs), strict=True))
        due = {_id(one): (blob, one) for blob, one in judged if not isinstance(one, Ended)}
        # What is on its way already, for another reason or since before this process, is waited for.
        on_their_way = self._tools.outstanding.due(list(due)) - self._doubtful
        self._send([one for id_, (_, one) in due.items() if id_ not in on_their_way])
        for id_, (blob, _) in due.items():
            self._flights.begin(id_, Flight(blob, work.number, attempts=int(id_ not in on_their_way)))
        for _, one in judged:
            work.todo.popleft()
            if isinstance(one, Ended):
                self._settle(work, one)

    def _land(self) -> bool:
        """Judge again what is not on its way any more. Returns whether more of it is to be expected at once."""
        landed = list(self._flights.landed().items())
        ended = 0
        for start in range(0, len(landed), GROUP):
            group = landed[start : start + GROUP]
            lost = []
            for (id_, flight), one in zip(group, self._tools.judge.judge([f.blob for _, f in group]), strict=True):
                if isinstance(one, Ended):
                    self._flights.end(id_)
                    self._settle(self._works[flight.chunk], one)
                    ended += 1
                elif self._flights.is_lost(flight):
                    lost.append((id_, flight, one))
            self._try_again(lost)
        return ended >= MANY

    def _try_again(self, lost: Sequence[tuple[str, Flight, ImageRef | Result]]) -> None:
        """Publish what vanished without an outcome, but not for ever."""
        job = self._ledger.job
        self._send([one for _, flight, one in lost if flight.attempts <= job.max_retries])
        for id_, flight, _ in lost:
            if flight.attempts <= job.max_retries:
                self._flights.begin(id_, Flight(flight.blob, flight.chunk, flight.attempts + 1))
                continue
            self._flights.end(id_)
            detail = f"published {flight.attempts} times without an outcome: look for it among the dead letters"
            failure = Failure(blob=flight.blob.blob, reason=NO_OUTCOME, detail=detail)
            self._settle(self._works[flight.chunk], Ended(End.FAILED, failure))

    def _send(self, due: Sequence[ImageRef | Result]) -> None:
        """Publish. What may have been written down and not published is published again, whatever the record says."""
        if not due:
            return
        ids = {_id(one) for one in due}
        self._doubtful |= ids
        # A trace for the whole job would grow beyond what anybody can look at.
        with tracing.span("publish images", attributes={"loupe.images": len(due)}, root=True):
            self._tools.dispatch.publish(due)
        self._doubtful -= ids

    def _settle(self, work: Work, ended: Ended) -> None:
        work.settle(ended, keep=self._tools.answers is not None)
        self._tally.add(1)
        metrics.BATCH_IMAGES_ENDED.labels(ended.end).inc()

    def _end_chunks(self) -> bool:
        ended = [work for work in self._works.values() if not work.open]
        for work in ended:
            self._end(work)
        return bool(ended)

    def _end(self, work: Work) -> None:
        """Count a chunk. What was written of it is written again if the process dies before it is counted."""
        if self._tools.answers:
            self._tools.answers.write(work)
        self._count(work)

    def _count(self, work: Work) -> None:
        others = sum((one.counts for one in self._works.values() if one is not work), Counts())
        self._ledger.end(work.number, work.counts, work.failures, others)
        del self._works[work.number]

    def _failed_too_often(self) -> bool:
        threshold = self._ledger.job.error_threshold
        return threshold != ANY_NUMBER and self._ledger.job.settled.failed + self.open_counts().failed > threshold

    def _finish(self) -> None:
        """Count what has ended of open chunks, too, which there are if too much has failed."""
        job = self._ledger.job
        too_often = self._failed_too_often()
        for work in list(self._works.values()):
            self._end(work)
        if self._tools.answers and job.planned:
            self._tools.answers.finish()
        if too_often:
            self._ledger.finish(State.FAILED, f"more than {job.error_threshold} images failed, which is the threshold")
        elif not job.planned:
            self._ledger.finish(State.FAILED, "there is nothing to classify: no image of the container matches")
        else:
            self._ledger.finish(State.COMPLETED)


def _id(due: ImageRef | Result) -> str:
    return due.image.id if isinstance(due, Result) else due.id
