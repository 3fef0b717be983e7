"""Runs a command behind everything else on the machine, no longer than its parent lives.

`python -m bot.lowered PARENT COMMAND …`: the process lowers itself, ties its life to the parent's, and becomes the
command. Doing it here, not between fork and exec of a server with threads, is what makes it safe.
"""

import ctypes
import os
import signal
import sys
from contextlib import suppress

import psutil

NICE = 10
_PR_SET_PDEATHSIG = 1


def lower() -> None:
    """Let every other process have processor and disk first, as far as this system can say so."""
    with suppress(OSError):
        os.nice(NICE)
    if hasattr(os, "sched_setscheduler"):
        with suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    if sys.platform == "linux":
        with suppress(OSError, psutil.Error):
            psutil.Process().ionice(psutil.IOPRIO_CLASS_IDLE)


def follow(parent: int) -> bool:
    """Get SIGTERM when the parent dies, however it dies; False when it is dead already."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    return os.getppid() == parent


def main(arguments: list[str]) -> None:
    """Become the command."""
    parent, *command = arguments
    lower()
    if follow(int(parent)):
        os.execv(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1:])
