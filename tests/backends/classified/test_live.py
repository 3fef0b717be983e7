"""The bundle in service follows the pointer, as one object, and a bad one never replaces a good one."""

import asyncio
import threading
import weakref
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path

import pytest

from backends import bundle
from backends.classified.live import TRY_AGAIN_S, Live
from backends.contract import BackendError
from backends.intent.classifier import Classifier

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


async def test_a_refused_bundle_is_tried_again_after_a_while(home: Path) -> None:
    folder, now = home / "bundles" / "b", 100.0
    live = Live(home, partial(Classifier.load, threads=1), watches=False, clock=lambda: now)
    live.open_current()
    labels = (folder / "labels.json").read_text()
    (folder / "labels.json").write_text("{}")
    bundle.replace_text(home / "bundles" / bundle.CURRENT, "b\n")
    now += 1
    await live._look()
    assert live.status().state == "degraded"
    (folder / "labels.json").write_text(labels)  # its manifest, and so what is looked at, is as before
    now += TRY_AGAIN_S / 2
    await live._look()
    assert live.status().state == "degraded"
    now += TRY_AGAIN_S / 2
    await live._look()
    assert live.status().detail == "serving b"
    await live.aclose()


async def test_a_refusal_is_logged_once(live: Live, home: Path, caplog: pytest.LogCaptureFixture) -> None:
    bundle.replace_text(home / "bundles" / bundle.CURRENT, "gone\n")
    for _ in range(40):  # eighty seconds and more
        await live._look()
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == [live.problem]


@pytest.mark.parametrize("pointer", [b"\xff\xfe", b"a\x00b", b"../../etc", b"x" * 5000])
async def test_a_pointer_that_is_no_name_leaves_the_bundle_in_service(live: Live, home: Path, pointer: bytes) -> None:
    (home / "bundles" / bundle.CURRENT).write_bytes(pointer)
    await live._look()
    assert live.status().state == "degraded"
    assert live.status().detail.endswith("serving a")


async def test_a_pointer_that_cannot_be_read_changes_nothing(live: Live, home: Path) -> None:
    (home / "bundles" / bundle.CURRENT).unlink()
    (home / "bundles" / bundle.CURRENT).mkdir()
    await live._look()
    assert (live.status().state, live.status().detail) == ("ok", "serving a")


async def test_swaps_cost_no_threads_and_keep_no_model(live: Live, home: Path) -> None:
    models, threads = [], set()
    for swap in range(6):
        bundle.promote(home, "ba"[swap % 2])
        await live._look()
        served = await live.get()
        await served.batcher.submit("hello")
        models.append(weakref.ref(served.model))
        threads.add(threading.active_count())
    del served
    assert [model() is not None for model in models] == [False] * 5 + [True]
    assert len(threads) == 1


async def test_closing_while_a_bundle_is_opened_keeps_the_old_one(home: Path) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def open_model(folder: Path) -> Classifier:
        if folder.name == "b":
            begun.set()
            go_on.wait(10)
        return Classifier.load(folder)

    live = Live(home, open_model)
    live.open_current()
    live.status()
    bundle.promote(home, "b")
    await asyncio.to_thread(begun.wait, 10)
    await live.aclose()
    go_on.set()
    assert live.served is not None
    assert live.served.model.bundle_id == "a"


async def test_closing_twice_is_safe(live: Live) -> None:
    await live.get()
    await live.aclose()
    await live.aclose()
