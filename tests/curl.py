"""Does what curl does, as far as the documentation uses it: it may not be on the machine that the tests run on."""

import argparse
import shlex
from pathlib import Path

import httpx2

TIMEOUT_S = 30


def curl(command: str, base: str, folder: Path) -> httpx2.Response:
    """Run a command of the documentation.

    Args:
        command: the line.
        base: what stands there for http://127.0.0.1:8080.
        folder: in which ``-o`` writes.
    """
    parser = argparse.ArgumentParser(prog="curl")
    parser.add_argument("url")
    parser.add_argument("-X", dest="method")
    parser.add_argument("-H", dest="headers", action="append", default=[])
    parser.add_argument("-o", dest="output")
    parser.add_argument("-L", dest="follows", action="store_true")
    parser.add_argument("-N", dest="streams", action="store_true")
    parser.add_argument("--json")
    parser.add_argument("--data-binary")
    parser.add_argument("--max-time", type=float, default=TIMEOUT_S)
    given = parser.parse_args(shlex.split(command)[1:])
    headers = dict(header.split(": ", 1) for header in given.headers)
    body = given.json.encode() if given.json else None
    if given.json:
        headers["Content-Type"] = "application/json"
    if given.data_binary:
        body = Path(given.data_binary.removeprefix("@")).read_bytes()
    method = given.method or ("POST" if body else "GET")
    url = given.url.replace("http://127.0.0.1:8080", base)
    with (
        httpx2.Client(timeout=TIMEOUT_S, follow_redirects=given.follows) as client,
        client.stream(method, url, headers=headers, content=body) as response,
    ):
        if given.streams:
            next(response.iter_bytes())
        else:
            response.read()
            if given.output:
                (folder / given.output).write_bytes(response.content)
    return response
