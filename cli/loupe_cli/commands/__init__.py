"""One module for each command. It translates, and imports what is heavy when it is called."""

import typer

from loupe_cli.commands import (
    counts,
    doctor,
    drift,
    export,
    jobs,
    letters,
    models,
    pipeline,
    results,
    review,
    show,
    similar,
    trace,
    up,
    upload,
    watch,
)

_LOOKING, _CHANGING, _RUNNING = "Look at pictures", "Bring in and correct", "Look after Loupe"


def examples(*lines: str) -> str:
    """What stands below a command's help."""
    return "\n\n".join(f"[dim]$[/dim] {line}" for line in lines)


def install(app: typer.Typer) -> None:
    """Give the program its commands, in the order in which its help shows them."""
    for command, panel, lines in (
        (results.results, _LOOKING, results.EXAMPLES),
        (show.show, _LOOKING, show.EXAMPLES),
        (similar.similar, _LOOKING, similar.EXAMPLES),
        (watch.watch, _LOOKING, watch.EXAMPLES),
        (counts.counts, _LOOKING, counts.EXAMPLES),
        (export.export, _LOOKING, export.EXAMPLES),
        (upload.upload, _CHANGING, upload.EXAMPLES),
        (review.review, _CHANGING, review.EXAMPLES),
        (pipeline.pipeline, _RUNNING, pipeline.EXAMPLES),
        (drift.drift, _RUNNING, drift.EXAMPLES),
        (trace.trace, _RUNNING, trace.EXAMPLES),
        (doctor.doctor, _RUNNING, doctor.EXAMPLES),
    ):
        app.command(rich_help_panel=panel, epilog=examples(*lines))(command)
    for name, help_, commands in (
        ("jobs", jobs.HELP, jobs.COMMANDS),
        ("models", models.HELP, models.COMMANDS),
        ("dead-letters", letters.HELP, letters.COMMANDS),
    ):
        group = typer.Typer(no_args_is_help=True, rich_markup_mode="rich")
        for command_name, run, run_lines in commands:
            group.command(command_name, epilog=examples(*run_lines))(run)
        app.add_typer(group, name=name, help=help_, rich_help_panel=_RUNNING)
    # Its options are those of the program that it runs, which also explains them.
    passing = {"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []}
    app.command(rich_help_panel=_RUNNING, context_settings=passing)(up.up)
