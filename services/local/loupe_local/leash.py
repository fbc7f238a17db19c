"""Run a command that ends when the process that started it ends, however that ended.

    python leash.py PARENT_PID COMMAND...

Linux delivers a signal to a process whose parent dies (prctl(2), PR_SET_PDEATHSIG), and remembers that over the exec
below. Elsewhere the command just runs, and only an orderly end of its parent ends it.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1

if __name__ == "__main__":
    parent, command = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it died before the line above
            sys.exit(1)
    os.execv(command[0], command)  # noqa: S606  (the caller's own command)
