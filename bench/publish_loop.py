"""Publishing images to the workers of batch jobs, and nothing else, in a process of its own.

    python -m bench.publish_loop IMAGES

Settings come from the environment as those of the batch service do. Prints seconds of CPU as JSON. Whoever brings
images to the workers pays this: ingestion for an event, the batch service for a job.
"""

import json
import sys
import time

from loupe_batch.settings import BatchSettings
from loupe_shared.adapters.broker import CeleryPublisher, make_celery
from loupe_shared.adapters.outstanding import ValkeyOutstanding
from loupe_shared.dispatch import Dispatch
from loupe_shared.domain import ImageRef, now
from loupe_shared.messages import BackfillJob

GROUP = 256


def main() -> None:
    """Publish as many images, in groups as a job does."""
    settings, count, moment = BatchSettings.load(), int(sys.argv[1]), now()
    dispatch = Dispatch(
        CeleryPublisher(make_celery(settings)), ValkeyOutstanding(settings), settings.job_size, BackfillJob
    )
    images = [
        ImageRef(
            account=settings.storage_account,
            container=settings.image_container,
            blob=f"copy-{number // 200}/{number % 200:08}.bmp",
            etag="0x8DE29A7F1C2B3A4",
            sequencer="0",
            uploaded_at=moment,
            content_length=100_000,
            requested_at=moment,
        )
        for number in range(count)
    ]
    dispatch.publish(images[:GROUP])
    began = time.process_time()
    for start in range(0, count, GROUP):
        dispatch.publish(images[start : start + GROUP])
    sys.stdout.write(json.dumps(time.process_time() - began))


if __name__ == "__main__":
    main()
