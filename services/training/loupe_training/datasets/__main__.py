"""``python -m loupe_training.datasets``: snapshots of labelled pictures, made, looked at and converted."""

import sys

from loupe_training.datasets.command import main

if __name__ == "__main__":
    sys.exit(main())
