"""Memory that was freed goes back to the system."""

import subprocess
import sys

import pytest

from backends.memory import give_back

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc's malloc is asked")
PREFACE = """
import psutil
from backends.memory import give_back, keep_large_apart
rss = lambda: psutil.Process().memory_info().rss / 2**20
"""
SMALL = """
before = rss()
small, last = [b"x" * (1000 + n % 2) for n in range(40_000)], b"y" * 1000
del small
give_back()
print(rss() - before)
"""
LARGE = """
keep_large_apart()
before, pinned = rss(), []
for _ in range(3):
    large = [b"x" * (8 * 2**20 + n) for n in range(5)]
    pinned.append(b"y" * 1000)
    del large
print(rss() - before)
"""


def grown(code: str) -> float:
    """MiB by which a fresh process has grown, by its own word."""
    done = subprocess.run([sys.executable, "-c", PREFACE + code], capture_output=True, text=True, check=True)
    return float(done.stdout)


def test_what_was_freed_is_given_back() -> None:
    assert grown(SMALL) < 5


def test_large_blocks_go_back_by_themselves() -> None:
    assert grown(LARGE) < 5


def test_it_may_be_asked_again() -> None:
    give_back()
    give_back()
