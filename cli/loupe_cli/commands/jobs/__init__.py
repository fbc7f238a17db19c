"""``loupe jobs``: what is to be classified besides what is uploaded."""

from loupe_cli.commands.jobs import changing, looking, submit

HELP = """Have many pictures of the container classified, by whichever model, without standing in the way of new ones.

JOB is an id, such as 0644a8b2c1d3e4-5f0c1b7a; `loupe jobs submit` and `loupe jobs list` show it."""

COMMANDS = (
    ("submit", submit.submit, submit.EXAMPLES),
    ("list", looking.list_jobs, looking.LIST_EXAMPLES),
    ("show", looking.show, looking.SHOW_EXAMPLES),
    ("watch", looking.watch, looking.WATCH_EXAMPLES),
    ("failures", looking.failures, looking.FAILURES_EXAMPLES),
    ("retry", changing.retry, changing.RETRY_EXAMPLES),
    ("pause", changing.pause, changing.PAUSE_EXAMPLES),
    ("resume", changing.resume, changing.RESUME_EXAMPLES),
    ("cancel", changing.cancel, changing.CANCEL_EXAMPLES),
)
