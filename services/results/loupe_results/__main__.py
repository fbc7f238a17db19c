"""``python -m loupe_results``: the results writer."""

from loupe_results.bootstrap import serve_results
from loupe_results.settings import ResultsSettings
from loupe_shared.entrypoint import run

if __name__ == "__main__":
    run("results", ResultsSettings, serve_results)
