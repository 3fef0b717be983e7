"""A home folder with a tiny frozen encoder that counts words and adds up what prompts give it."""

import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from backends.bundle import PROMPTS, bundles_dir, seal
from backends.classified.calibration import Calibration, OosScore, Thresholds
from backends.soft_prompt.classifier import PROMPT

ENCODER = "tiny-prompted"
INTENTS = (
    *("greet", "goodbye", "affirm", "deny", "talk_to_human"),
    *("order_status", "cancel_order", "refund_status", "return_policy", "shipping_cost"),
)
"""Of the tiny bundle, in the order of its dimensions."""
DIM, LAYERS = len(INTENTS), 2
MakePrompt = Callable[..., Path]


def write_encoder(folder: Path, tiny_bundle: Path) -> Path:
    """Turn the tiny bundle's model into one that takes prompts: their rows are added to the words' before the norm."""
    folder.mkdir(parents=True)
    (folder / "tokenizer.json").write_text((tiny_bundle / "tokenizer.json").read_text())
    (folder / "encoder.json").write_text(json.dumps({"hash": ENCODER, "dim": DIM, "layers": LAYERS}))
    model = onnx.load(str(tiny_bundle / "model.onnx"))
    graph = model.graph
    place = next(number for number, node in enumerate(graph.node) if node.op_type == "ReduceL2")
    for node in list(graph.node)[place:]:
        node.input[:] = ["moved" if name == "summed" else name for name in node.input]
    added = [
        helper.make_node("ReduceSum", ["soft", "axes"], ["soft_sum"], keepdims=0),
        helper.make_node("ReduceSum", ["prefix", "prefix_axes"], ["prefix_sum"], keepdims=0),
        helper.make_node("Sum", ["summed", "soft_sum", "prefix_sum"], ["moved"]),
    ]
    for node in reversed(added):
        graph.node.insert(place, node)
    graph.initializer.append(numpy_helper.from_array(np.array([1, 2, 3], dtype=np.int64), "prefix_axes"))
    shapes = {"soft": ["batch", "p", DIM], "prefix": ["batch", LAYERS, 2, "q", DIM]}
    graph.input.extend(helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in shapes.items())
    onnx.save(model, str(folder / "model.onnx"))
    seal(folder)
    return folder


@pytest.fixture
def home(tmp_path: Path, tiny_bundle: Path) -> Path:
    """A home with the encoder and no prompt."""
    write_encoder(tmp_path / "encoders" / ENCODER, tiny_bundle)
    return tmp_path


def write_prompt(
    home: Path, bundle_id: str, *, intents: Sequence[str] = INTENTS, name: str = "shop", **arrays: Any
) -> Path:
    """Write a whole prompt bundle; without arrays its prompt is empty and its head that of the tiny bundle."""
    folder = bundles_dir(home, PROMPTS) / bundle_id
    folder.mkdir(parents=True)
    head = {"weight": 20 * np.eye(DIM, dtype=np.float16), "bias": np.zeros(DIM, dtype=np.float16)}
    none = {"soft": np.zeros((0, DIM), np.float16), "prefix": np.zeros((LAYERS, 2, 0, DIM), np.float16)}
    np.savez(folder / PROMPT, **{**head, **none, **arrays})
    labels = {"intents": list(intents), "max_tokens": 64, "encoder": ENCODER}
    (folder / "labels.json").write_text(json.dumps(labels))
    (folder / "card.json").write_text(json.dumps({"id": bundle_id, "name": name}))
    Calibration(
        thresholds=Thresholds(min_confidence=0.5, max_oos=0.5, min_margin=0.2),
        oos=OosScore(bias=-6.0, weights={"uncertainty": 8.0}),
    ).write(folder)
    seal(folder)
    return folder


@pytest.fixture
def make_prompt(home: Path) -> MakePrompt:
    """Writes whole prompt bundles: `make_prompt(id, intents=…, soft=(p, dim), prefix=…, name=…)`."""
    return partial(write_prompt, home)
