"""What cannot be avoided in answering over HTTP: Starlette, and the bytes of an answer.

python -m bench.bare_server PORT FILE
"""

import sys
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


def main() -> None:
    """Answer with the bytes of a file, whatever is asked for."""
    port, path = int(sys.argv[1]), Path(sys.argv[2])
    body = path.read_bytes()

    async def answer(_: Request) -> Response:
        return Response(body, media_type="application/json")

    app = Starlette(routes=[Route("/{path:path}", answer)])
    uvicorn.run(app, port=port, log_config=None, access_log=False)


if __name__ == "__main__":
    main()
