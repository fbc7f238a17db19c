"""The command line, within the process of the tests."""

from typer.testing import CliRunner, Result

from loupe_cli.app import app

NOBODY = "http://127.0.0.1:1"


def loupe(*arguments: str, url: str = NOBODY, stdin: str | None = None, **env: str) -> Result:
    """Run a command. No mistake of a person, and no outage, may end in a traceback."""
    given = ["--url", url, *arguments]
    done = CliRunner().invoke(app, given, prog_name="loupe", input=stdin, env={"COLUMNS": "160", **env})
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


def shown(*arguments: str, url: str) -> str:
    """What a command shows that does what it is told, without a word on standard error."""
    done = loupe(*arguments, url=url)
    assert (done.exit_code, done.stderr) == (0, "")
    return done.stdout


def said(code: int, *arguments: str, url: str = NOBODY, **env: str) -> str:
    """The sentence of a command that fails with this code, and shows nothing."""
    done = loupe(*arguments, url=url, **env)
    assert (done.exit_code, done.stdout) == (code, ""), done.output
    assert done.stderr.startswith("loupe: ")
    assert done.stderr.count("\n") == 1
    return done.stderr
