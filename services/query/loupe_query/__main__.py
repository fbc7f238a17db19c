"""``python -m loupe_query``: the read API."""

from loupe_query.bootstrap import serve_query
from loupe_query.settings import QuerySettings
from loupe_shared.entrypoint import run

if __name__ == "__main__":
    run("query", QuerySettings, serve_query)
