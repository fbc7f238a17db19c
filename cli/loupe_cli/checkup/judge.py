"""What the answers to a checkup's questions mean."""

from collections.abc import Iterator

from loupe_cli.checkup.findings import Finding, bad, ok, warning
from loupe_cli.text import number
from loupe_shared.api.access import Me, Scope
from loupe_shared.api.pipeline import Pipeline
from loupe_shared.messages import ClassifyJob
from loupe_shared.pipeline import FORGOTTEN_AFTER_S, Worker

# The API says what time it is to the second.
CLOCK_TOLERANCE_S = 2.0
CLOCK_LIMIT_S = 300.0  # from which on Entra ID's tokens are refused

_UNDONE = {"inference": "nothing is being classified", "results": "no answer reaches the archive"}


def clocks(difference_s: float) -> Finding:
    """How many seconds the API's clock is ahead of the one here."""
    if abs(difference_s) <= CLOCK_TOLERANCE_S:
        return ok("the clocks here and at the API agree")
    what = f"the clock here is {abs(difference_s):.0f} s {'behind' if difference_s > 0 else 'ahead of'} the API's"
    remedy = "let both set their clocks by NTP: until then times like --since 2h are off, and tokens may be refused"
    return (bad if abs(difference_s) >= CLOCK_LIMIT_S else warning)(what, remedy)


def versions(here: str, there: str) -> Finding:
    """The version of this program, and that of the API."""
    if here == there:
        return ok(f"the API has the version of this program, {here}")
    return warning(f"this program is of version {here}, the API of version {there}", "install the same version here")


def caller(me: Me) -> Finding:
    """Who the API takes one for."""
    what = f"you are {me.name}, who may {', '.join(me.scopes) or 'do nothing'}"
    missing = [scope for scope in (Scope.READ, Scope.REVIEW) if scope not in me.scopes]
    if not missing:
        return ok(what)
    remedy = f"ask who runs Loupe for a key with the scope {' and '.join(missing)}"
    if Scope.READ in missing:
        return bad(f"{what}: nothing can be looked at", remedy)
    return warning(f"{what}: uploads and reviews are refused", remedy)


def pipeline(first: Pipeline, second: Pipeline) -> Iterator[Finding]:
    """Two looks at the pipeline, some seconds apart, or the same one twice if nothing was on its way."""
    yield from workers(second)
    yield dead_letters(second)
    yield backlog(first.outstanding, second.outstanding)


def workers(seen: Pipeline) -> Iterator[Finding]:
    """Whether there is one of each service, and whether all answer with the same model."""
    by_service: dict[str, list[Worker]] = {}
    for worker in seen.workers:
        by_service.setdefault(worker.service, []).append(worker)
    for service, undone in _UNDONE.items():
        if service in by_service:
            yield ok(f"{number(len(by_service[service]), f'{service} worker')} at work")
        elif service == "inference" and not _waits_for_inference(seen):
            yield warning(
                f"no inference worker has reported for {FORGOTTEN_AFTER_S:.0f} s, and nothing waits for one",
                "they may have scaled to none, and start with the next picture; if some should run all the time, "
                "look into the log of the inference service for why they ended",
            )
        else:
            yield bad(
                f"no {service} worker has reported for {FORGOTTEN_AFTER_S:.0f} s: {undone}",
                f"start the {service} service, or look into its log for why it ended",
            )
    models = sorted({f"{one.model} ({one.precision})" for one in by_service.get("inference", ()) if one.model})
    if len(models) > 1:
        yield warning(
            f"workers answer with different models: {', '.join(models)}",
            "that passes while a model is being replaced; if it stays, give all of them the same bundle and precision",
        )
    elif models:
        yield ok(f"the model is {models[0]}")


def _waits_for_inference(seen: Pipeline) -> bool:
    """Whether there is a job of new pictures. What else is outstanding may be for other workers."""
    return any(queue.waiting or queue.running for queue in seen.queues if queue.name == ClassifyJob.queue)


def dead_letters(seen: Pipeline) -> Finding:
    """Whether jobs were set aside."""
    dead = {queue.name: queue.dead for queue in seen.queues if queue.dead}
    if not dead:
        return ok("no job was set aside as a dead letter")
    where = ", ".join(f"{jobs:,} of {name}" for name, jobs in dead.items())
    return bad(
        f"{number(sum(dead.values()), 'job')} can never be handled ({where})",
        "`loupe dead-letters list` shows them with their reasons: replay those that are mended, dismiss the others",
    )


def dead_events(count: int) -> Finding:
    """How many events were set aside, of which the first ones were looked at."""
    if not count:
        return ok("no event was set aside as a dead letter")
    return bad(
        f"{number(count, 'event')} could not be read: what they tell of is not classified",
        "`loupe dead-letters list --source events` shows them: replay those that are mended, dismiss the others",
    )


def backlog(before: int, after: int) -> Finding:
    """How many images were on their way at two looks."""
    if after == 0:
        return ok("nothing waits")
    if after > before:
        return warning(
            f"{number(after, 'image')} on the way, and {after - before:,} more than a moment ago",
            "if that goes on, more comes than is done: start more inference workers",
        )
    return ok(f"{number(after, 'image')} on the way, and not more than a moment ago")
