"""The bundle in service follows the pointer, as one object, and a bad one never replaces a good one."""

import asyncio
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path

import pytest

from backends import bundle
from backends.contract import BackendError
from backends.intent.classifier import Classifier
from backends.intent.live import Live

Make = Callable[..., Path]


class Clock:
    """Time that passes by two seconds a look."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 2.0
        return self.now


@pytest.fixture
def home(tmp_path: Path, make_tiny_bundle: Make) -> Path:
    make_tiny_bundle(tmp_path / "bundles" / "a", bundle_id="a")
    make_tiny_bundle(tmp_path / "bundles" / "b", {"praise": ("shipping",), "blame": ("cost",)}, bundle_id="b")
    bundle.promote(tmp_path, "a")
    return tmp_path


@pytest.fixture
async def live(home: Path) -> AsyncIterator[Live]:
    live = Live(home, partial(Classifier.load, threads=1), watches=False, clock=Clock())
    live.open_current()
    yield live
    await live.aclose()


async def test_a_promoted_bundle_is_swapped_in_with_its_labels(live: Live, home: Path) -> None:
    assert (await live.get()).model.intents[0] == "greet"
    bundle.promote(home, "b")
    await live._look()
    served = await live.get()
    assert (served.model.bundle_id, served.model.intents) == ("b", ("praise", "blame"))
    assert (await served.batcher.submit("shipping")).intent == "praise"


async def test_a_turn_in_flight_finishes_on_the_old_bundle(live: Live, home: Path) -> None:
    old = await live.get()
    waiting = asyncio.create_task(old.batcher.submit("shipping cost"))
    bundle.promote(home, "b")
    await live._look()
    assert (await waiting).intent == "shipping_cost"
    assert (await old.batcher.submit("refund")).intent == "refund_status"


async def test_a_damaged_bundle_is_refused_and_the_old_one_stays(live: Live, home: Path) -> None:
    (home / "bundles" / "b" / "labels.json").write_text("{}")
    bundle.replace_text(home / "bundles" / bundle.CURRENT, "b\n")
    await live._look()
    assert (await live.get()).model.bundle_id == "a"
    status = live.status()
    assert status.state == "degraded"
    assert "bundle b refused" in status.detail
    assert "labels.json has changed" in status.detail
    assert "serving a" in status.detail


async def test_a_repaired_bundle_is_taken_after_all(live: Live, home: Path, make_tiny_bundle: Make) -> None:
    folder = home / "bundles" / "b"
    manifest = folder / bundle.MANIFEST
    manifest.rename(folder / "aside")
    bundle.replace_text(home / "bundles" / bundle.CURRENT, "b\n")
    await live._look()
    assert live.status().state == "degraded"
    (folder / "aside").rename(manifest)
    await live._look()
    assert (live.status().state, live.status().detail) == ("ok", "serving b")


async def test_a_lost_pointer_leaves_the_bundle_in_service(live: Live, home: Path) -> None:
    (home / "bundles" / bundle.CURRENT).unlink()
    await live._look()
    assert (await live.get()).model.bundle_id == "a"
    assert live.status().state == "degraded"


async def test_an_unchanged_pointer_opens_nothing(home: Path) -> None:
    opened: list[Path] = []

    def open_model(folder: Path) -> Classifier:
        opened.append(folder)
        return Classifier.load(folder)

    live = Live(home, open_model, watches=False, clock=Clock())
    live.open_current()
    for _ in range(3):
        await live.get()
    assert opened == [home / "bundles" / "a"]
    await live.aclose()


async def test_the_first_bundle_is_found_by_the_next_turn(tmp_path: Path, make_tiny_bundle: Make) -> None:
    live = Live(tmp_path, Classifier.load, watches=False, clock=Clock())
    live.open_current()
    with pytest.raises(BackendError, match="no model bundle"):
        await live.get()
    make_tiny_bundle(tmp_path / "bundles" / "c", bundle_id="c")
    bundle.promote(tmp_path, "c")
    assert (await live.get()).model.bundle_id == "c"
    await live.aclose()


async def test_a_watching_one_follows_without_any_turn(home: Path) -> None:
    opened = asyncio.Event()
    loop = asyncio.get_running_loop()

    def open_model(folder: Path) -> Classifier:
        if folder.name == "b":
            loop.call_soon_threadsafe(opened.set)
        return Classifier.load(folder)

    live = Live(home, open_model)
    live.open_current()
    assert live.status().detail == "serving a"
    bundle.promote(home, "b")
    async with asyncio.timeout(2.0):
        await opened.wait()
    await live._look()  # waits for the swap that has begun
    assert live.status().detail == "serving b"
    await live.aclose()


async def test_closing_twice_is_safe(live: Live) -> None:
    await live.get()
    await live.aclose()
    await live.aclose()
