"""``python -m loupe_training``: trains, evaluates and exports; see ``--help``."""

import sys

from loupe_training.command import main

if __name__ == "__main__":
    sys.exit(main())
