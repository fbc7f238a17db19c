"""``python -m loupe_training``: trains, evaluates and exports; see ``--help``."""

import signal
import sys

from loupe_training.command import main

if __name__ == "__main__":
    # As Ctrl-C does: Kubernetes ends a pod so, and the run of a training is then marked as killed.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main())
