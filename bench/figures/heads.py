"""How much sooner a version with another head has classified the archive if it does without pictures.

One job has pictures classified by the model that Loupe comes with; then the worker serves a version with another head,
and a job has the same images classified from the embeddings that the archive has by then.
"""

from bench.job_pipeline import JOB_SERVICES, JobCourse, JobPipeline
from bench.new_head import make_new_head
from bench.options import Options
from bench.pictures import SMALL, make_pictures
from bench.rows import Row, Target
from bench.storage import ServedStorage

FIGURE = "heads"
PICTURES = 200
IMAGES = 2_000

SOONER = Target(5.0, at_least=True)


def run(options: Options) -> list[Row]:
    """Measure both in one system."""
    state, images = options.state / FIGURE, options.images(IMAGES)
    pictures = make_pictures(options.state / "pictures", SMALL, PICTURES)
    head = make_new_head(options.bundle, state / "head")
    seen: list[JobCourse] = []
    remembered: list[JobCourse] = []
    settings = {"LOUPE_KNOWN_ANSWERS": "0"}  # the same pictures come under many names
    with ServedStorage(state / "storage", pictures[0].parent, images // PICTURES) as storage:
        for number in range(options.runs):
            options.say(f"{FIGURE}: {images:,} images, run {number + 1}")
            with JobPipeline(state / "pipeline", options.bundle, storage, settings, JOB_SERVICES) as pipeline:
                seen.append(pipeline.run_job(images))
                pipeline.serve(head)
                remembered.append(pipeline.run_job(images, from_embeddings=True))
    rates = [tuple(images / course.wall_s for course in courses) for courses in (seen, remembered)]
    services = ("batch", "backfill", "results")
    costs = [tuple(sum(map(course.cpu_ms, services)) for course in courses) for courses in (seen, remembered)]
    case = f"a job of {images:,} images, {SMALL.name}, real model"
    return [
        Row(FIGURE, case, "throughput, from pictures", "images/s", rates[0]),
        Row(FIGURE, case, "throughput, from embeddings", "images/s", rates[1]),
        Row(FIGURE, case, "from embeddings / from pictures", "×", _ratios(rates[1], rates[0]), SOONER),
        Row(FIGURE, case, "CPU, from pictures", "ms", costs[0]),
        Row(FIGURE, case, "CPU, from embeddings", "ms", costs[1]),
    ]


def _ratios(ones: tuple[float, ...], others: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(one / other for one, other in zip(ones, others, strict=True))
