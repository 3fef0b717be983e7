"""One night at a time in a home folder."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot import flocks

LOCK = "nightly.lock"
"""In the home folder; `bot.nightly` looks at it too."""


class Busy(RuntimeError):
    """Another night is on; the message says whose."""


@contextmanager
def night_lock(home: Path) -> Iterator[None]:
    """Hold the lock of a home folder. That of a killed process is none: the kernel has let go of it.

    Raises:
        Busy: another process holds it.
        OSError: the home folder cannot be written.
    """
    path = home / LOCK
    file = flocks.take(path)
    if file is None:
        holder = path.read_text(encoding="utf-8").strip() or "unknown"
        raise Busy(
            f"another night is on in {home} (process {holder}): wait for it to end, or stop that process; "
            "nothing was changed"
        )
    try:
        yield
    finally:
        file.close()
