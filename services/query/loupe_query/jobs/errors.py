"""Why a batch job is not submitted, or not changed. Each message is a sentence for whoever asked."""

from loupe_shared.errors import PermanentError


class JobUnknown(PermanentError):
    """There is no such job."""

    def __init__(self, job_id: str) -> None:
        super().__init__(f"there is no job {job_id}")


class JobUnfit(PermanentError):
    """No worker could do this job as it was asked for."""


class JobConflict(PermanentError):
    """Another job, a file, or the job's own state stands in the way."""


class NoOutputContainer(PermanentError):
    """The service is not told where files with answers are kept."""

    def __init__(self) -> None:
        super().__init__(
            "jobs here can have no output, because LOUPE_OUTPUT_CONTAINER names no container: leave `output` out, "
            "and export the answers when the job has ended"
        )
