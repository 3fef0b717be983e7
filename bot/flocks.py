"""Locks between processes that the kernel lets go of when their holder ends, however it ends."""

import fcntl
import os
from io import FileIO
from pathlib import Path

import psutil


def take(path: Path) -> FileIO | None:
    """Take a lock until the file is closed, and note this process in it; None when another holds it.

    Raises:
        OSError: the file cannot be opened or written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("a+b", buffering=0)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        file.truncate(0)
        file.write(f"{os.getpid()}\n".encode())
    except BlockingIOError:
        file.close()
        return None
    except OSError:
        file.close()
        raise
    return file


def is_held(path: Path) -> bool:
    """Whether somebody holds a lock whose file names the holder's process id.

    The lock is tried only when that process lives, so that hardly ever a try is in another's way.
    """
    try:
        pid = path.read_text(encoding="utf-8", errors="replace").strip()
        if not pid.isdecimal() or not psutil.pid_exists(int(pid)):
            return False
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
