"""Messages of the broker's queues that are to be handled again."""

from collections import defaultdict
from collections.abc import Sequence

from pydantic import ValidationError

from loupe_query.operate.letters import Letter
from loupe_shared.api.operate import Source
from loupe_shared.domain import ImageRef
from loupe_shared.messages import BackfillJob, ClassifyJob, StoreBatch
from loupe_shared.ports import Outstanding, Publisher
from loupe_shared.result import Result

JOBS: dict[Source, type[ClassifyJob | StoreBatch]] = {
    Source.CLASSIFY: ClassifyJob,
    Source.BACKFILL: BackfillJob,
    Source.STORE: StoreBatch,
}


class Jobs:
    """Publishes what is due, so that it cannot be lost: it is written down before.

    Args:
        outstanding: where it is written down.
        publisher: the broker.
    """

    def __init__(self, outstanding: Outstanding, publisher: Publisher) -> None:
        self._outstanding = outstanding
        self._publisher = publisher

    def obstacle(self, letter: Letter) -> str | None:
        """See ``LetterBox.obstacle``."""
        if letter.damage:
            return letter.damage
        try:
            _read(letter)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            where = ".".join(map(str, first["loc"]))
            return f"it is malformed and would be set aside again: {where + ': ' if where else ''}{first['msg']}"
        return None

    def replay(self, letters: Sequence[Letter]) -> None:
        """Publish letters, which have no obstacle.

        Raises:
            BrokerUnavailable: some or none of them are in the broker.
        """
        self.publish([_read(letter) for letter in letters])

    def publish(self, messages: Sequence[ClassifyJob | StoreBatch]) -> None:
        """Publish messages.

        Raises:
            BrokerUnavailable: some or none of them are in the broker.
        """
        due: dict[str, list[ImageRef | Result]] = defaultdict(list)
        for message in messages:
            if isinstance(message, ClassifyJob):
                due[message.queue] += message.images
            else:
                due[ClassifyJob.queue] += message.results
        for queue, images in due.items():
            self._outstanding.add(images, queue)
        self._publisher.publish(messages)


def _read(letter: Letter) -> ClassifyJob | StoreBatch:
    return JOBS[letter.source].from_json(letter.message)
