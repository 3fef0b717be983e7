"""Fixtures for every test: a tiny bundle that needs no training."""

import json
import os
import socket
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers
from xdist.scheduler import LoadScopeScheduling

from backends.bundle import seal
from backends.classified.calibration import Calibration, OosScore, Thresholds

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before a test imports torch: see training/__init__.py

TINY_WORDS: Mapping[str, tuple[str, ...]] = {
    "greet": ("hello", "hi", "morning"),
    "goodbye": ("bye", "goodbye"),
    "affirm": ("yes", "correct"),
    "deny": ("no", "wrong"),
    "talk_to_human": ("human", "person", "agent"),
    "order_status": ("where", "track", "parcel", "order"),
    "cancel_order": ("cancel",),
    "refund_status": ("refund", "money"),
    "return_policy": ("return", "policy"),
    "shipping_cost": ("shipping", "cost"),
}
"""Words by intent of the tiny bundle: a text belongs to the intent most of its words belong to."""


def build_tiny_bundle(
    folder: Path, words: Mapping[str, Sequence[str]] = TINY_WORDS, *, bundle_id: str = "tiny-0001"
) -> Path:
    """Write a whole bundle whose model counts words; a text without a known word is out of scope."""
    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = ["[PAD]", "[UNK]", *(word for group in words.values() for word in group)]
    _write_tiny_tokenizer(folder / "tokenizer.json", vocabulary)
    _write_tiny_model(folder / "model.onnx", vocabulary, words)
    labels = {"intents": list(words), "max_tokens": 64}
    (folder / "labels.json").write_text(json.dumps(labels), encoding="utf-8")
    (folder / "card.json").write_text(json.dumps({"id": bundle_id, "metrics": {"accuracy": 1.0}}))
    Calibration(
        temperature=1.0,
        thresholds=Thresholds(min_confidence=0.5, max_oos=0.5, min_margin=0.2),
        oos=OosScore(bias=-6.0, weights={"uncertainty": 8.0}),
    ).write(folder)
    seal(folder)
    return folder


def _write_tiny_tokenizer(path: Path, vocabulary: Sequence[str]) -> None:
    tokenizer = Tokenizer(models.WordLevel({word: place for place, word in enumerate(vocabulary)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.enable_padding(pad_id=0, pad_token="[PAD]")
    tokenizer.save(str(path))


def _write_tiny_model(path: Path, vocabulary: Sequence[str], words: Mapping[str, Sequence[str]]) -> None:
    """The embedding of a word is one-hot by intent; the mean of known words, scaled by 20, is the logits."""
    table = np.zeros((len(vocabulary), len(words)), dtype=np.float32)
    for column, group in enumerate(words.values()):
        for word in group:
            table[vocabulary.index(word), column] = 1.0
    constants = {
        "table": table,
        "axes": np.array([1], dtype=np.int64),
        "last": np.array([2], dtype=np.int64),
        "least": np.array(1e-6, dtype=np.float32),
        "scale": np.array(20.0, dtype=np.float32),
    }
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["looked_up"]),
        helper.make_node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["mask", "last"], ["mask3"]),
        helper.make_node("Mul", ["looked_up", "mask3"], ["kept"]),
        helper.make_node("ReduceSum", ["kept", "axes"], ["summed"], keepdims=0),
        helper.make_node("ReduceL2", ["summed", "axes"], ["length"], keepdims=1),
        helper.make_node("Max", ["length", "least"], ["divisor"]),
        helper.make_node("Div", ["summed", "divisor"], ["embedding"]),
        helper.make_node("Mul", ["embedding", "scale"], ["logits"]),
    ]
    tokens = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "tokens"])
        for name in ("input_ids", "attention_mask")
    ]
    outputs = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", len(words)])
        for name in ("logits", "embedding")
    ]
    stored = [numpy_helper.from_array(value, name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, "tiny", tokens, outputs, stored)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9), str(path))


@pytest.fixture(scope="session")
def tiny_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole bundle with ten intents that needs no training; see `TINY_WORDS`. Do not write into it."""
    return build_tiny_bundle(tmp_path_factory.mktemp("bundles") / "tiny-0001")


@pytest.fixture(scope="session")
def make_tiny_bundle() -> Callable[..., Path]:
    """Builds a tiny bundle with words of your own: `make_tiny_bundle(folder, {intent: words}, bundle_id=…)`."""
    return build_tiny_bundle


@pytest.fixture(autouse=True)
def _keeps_its_priority() -> Iterator[None]:
    """A test that stepped back would take all that come after it with it, and what they start."""
    before = os.getpriority(os.PRIO_PROCESS, 0)
    yield
    assert os.getpriority(os.PRIO_PROCESS, 0) == before


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test depends on this machine's settings or talks to anything but this machine."""
    for name in [name for name in os.environ if name.startswith("SWITCHBOARD") or name in {"HOST", "PORT"}]:
        monkeypatch.delenv(name)
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in {socket.AF_INET, socket.AF_INET6} and address[0] not in {"127.0.0.1", "::1", "localhost"}:
            raise AssertionError(f"a test wanted to connect to {address}; tests stay on loopback")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


STAGES = ("browser", "slow")
ALONE = (
    *("tests/e2e/test_hostile.py", "tests/e2e/test_load.py", "tests/e2e/test_night.py", "tests/e2e/test_resume.py"),
    *("tests/e2e/test_serving_process.py", "tests/e2e/test_swap.py", "tests/eval/study/test_quick.py"),
)
"""Files whose times are looked at."""


def stage(keywords: Collection[str]) -> str:
    """Which stage a test belongs to."""
    return next((name for name in STAGES if name in keywords), "fast")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put slow files first, which keeps two workers busy, and last those that run alone."""
    slow = {item.path for item in items if stage(item.keywords) != "fast"}
    items.sort(key=lambda item: (item.nodeid.startswith(ALONE), item.path not in slow, "browser" in item.keywords))


class Scheduling(LoadScopeScheduling):  # type: ignore[misc] # of a library without types
    """With `-n 2 --dist loadscope`: file by file; in the end one worker does what runs alone, while the other rests."""

    def _split_scope(self, nodeid: str) -> str:
        return "alone" if nodeid.startswith(ALONE) else nodeid.partition("::")[0]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scheduling:
    """Take ours; `loadgroup` would do, but its marks have no effect with pytest 9."""
    return Scheduling(config, log)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the seconds of each stage: fast, slow and browser tests, set-up and tear-down included."""
    seconds: dict[str, float] = {}
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport):
                name = stage(report.keywords)
                seconds[name] = seconds.get(name, 0.0) + report.duration
    stages = "  ".join(f"{name} {spent:.0f} s" for name, spent in sorted(seconds.items()))
    terminalreporter.write_line(f"tests by stage: {stages}")
