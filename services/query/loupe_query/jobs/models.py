"""Which model answers for a batch job, by what its workers say of themselves."""

from collections.abc import Iterable

from loupe_query.jobs.errors import JobUnfit
from loupe_shared.pipeline import Worker

SERVICE = "backfill"


def chosen_model(workers: Iterable[Worker], wanted: str | None) -> str:
    """The model that is to answer, as ``name:version``.

    Args:
        workers: of all services.
        wanted: what was asked for, which may also be served later; unset for what is served.

    Raises:
        JobUnfit: nothing was asked for and not one model is served, or another is served than was asked for.
    """
    served = sorted({worker.model for worker in workers if worker.service == SERVICE and worker.model})
    names = ", ".join(served)
    if wanted is not None:
        if served and wanted not in served:
            raise JobUnfit(f"no worker of batch jobs serves {wanted}: name one that is served ({names})")
        return wanted
    if not served:
        raise JobUnfit(
            "no worker of batch jobs is there, so it is not known which model would answer: name it in `model`, "
            "such as efficientnet-lite0:1, or start a worker"
        )
    if len(served) > 1:
        raise JobUnfit(f"workers of batch jobs serve several models: name one in `model` ({names})")
    return served[0]
