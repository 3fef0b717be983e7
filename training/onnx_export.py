"""Torch module to a small, fast ONNX file: trace, fuse, quantise. Knows nothing of intents or bundles."""

import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import onnx
import torch
from onnx import helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.transformers.fusion_options import FusionOptions
from onnxruntime.transformers.optimizer import optimize_model

Fusion = Literal["full", "plain_embeddings", "none"]
Quantisation = Literal["int8", "int8_matmul_only", "int8_rows", "none"]
BLOCK = 32
"""Weights that share a scale in `int8_rows`."""
OPSET = 17


class ExportError(RuntimeError):
    """This model cannot be exported, or not this way."""


_BROKEN = (RuntimeError, ValueError, TypeError, KeyError, IndexError, AttributeError, AssertionError)
"""What tracing and fusing raise at a graph they were not written for: they match patterns and trust them."""


class Extra(NamedTuple):
    """An input beside the texts."""

    example: torch.Tensor
    """For two texts."""
    axes: Mapping[int, str]
    """Names of the axes whose size may change."""


def trace(
    module: torch.nn.Module,
    to: Path,
    *,
    outputs: Sequence[str],
    pad_id: int,
    extra: Mapping[str, Extra] | None = None,
) -> None:
    """Write the module as ONNX with inputs `input_ids` and `attention_mask`, int64 (batch, tokens) both.

    Args:
        module: maps the inputs to one tensor, or a tuple of them, for each of `outputs`.
        to: the file to write.
        outputs: names of the outputs, all of them with a leading batch axis.
        pad_id: padding token; models that count positions by it need one in the example.
        extra: further inputs, in the order of the module's arguments.

    Raises:
        ExportError: the model does something that ONNX cannot express.
    """
    ids = torch.arange(5, 21).reshape(2, 8) % 32 + 4
    mask = torch.ones_like(ids)
    ids[1, 5:], mask[1, 5:] = pad_id, 0
    axes: dict[str, Mapping[int, str]] = {name: {0: "batch", 1: "tokens"} for name in ("input_ids", "attention_mask")}
    more = extra or {}
    axes |= {name: each.axes for name, each in more.items()}
    with _quiet(), _mapped("traced"):
        torch.onnx.export(
            module.eval(),
            (ids, mask, *(each.example for each in more.values())),
            str(to),
            input_names=list(axes),
            output_names=list(outputs),
            dynamic_axes={**axes, **{name: {0: "batch"} for name in outputs}},
            opset_version=OPSET,
            dynamo=False,  # the fusions below know the graphs of the tracing exporter only
        )


def fuse(plain: Path, to: Path, *, heads: int, dim: int, fusion: Fusion = "full") -> None:
    """Merge attention, normalisation and activation into single operators; the values stay the same.

    Raises:
        ExportError: the graph is of a form that the fusions do not know.
    """
    if fusion == "none":
        onnx.save(onnx.load(str(plain)), str(to))
        return
    options = FusionOptions("bert")
    options.enable_embed_layer_norm = fusion == "full"
    with _quiet(), _mapped("fused"):
        fused = optimize_model(str(plain), "bert", heads, dim, optimization_options=options, opt_level=0, use_gpu=False)
        fused.save_model_to_file(str(to))


def quantise(fused: Path, to: Path, how: Quantisation) -> None:
    """Store weights in 8 bits, one scale for each column; activations are quantised as they come.

    Args:
        fused: the float32 file.
        to: the file to write; may not be `fused`.
        how: `int8` takes every operator that can be, embeddings included; `int8_matmul_only` the matrix
            products alone (larger file, closer to float32); `int8_rows` gives each block of weights and of
            activations a scale of its own, so that no row of a batch changes another; `none` copies.
    """
    if how == "none":
        onnx.save(onnx.load(str(fused)), str(to))
        return
    kinds = {"int8": None, "int8_matmul_only": ["MatMul", "Attention"], "int8_rows": ["Gather"]}
    with _quiet(), _mapped("quantised"):
        quantize_dynamic(
            str(fused),
            str(to),
            op_types_to_quantize=kinds[how],
            per_channel=True,
            # signed weights overflow 16 bits on processors without VNNI, and answers change (LOG.md)
            weight_type=QuantType.QUInt8,
            extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},
        )
        if how == "int8_rows":
            _quantise_blocks(to)


def _quantise_blocks(path: Path) -> None:
    """Store the weights of matrix products in 8 bits, a scale for each block of a column; in place."""
    root, silent = logging.getLogger(), logging.NullHandler()
    root.addHandler(silent)  # the module sets up logging for the whole process when it is imported, unless that is done
    from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer

    root.removeHandler(silent)
    quantizer = MatMulNBitsQuantizer(
        onnx.load(str(path)), bits=8, block_size=BLOCK, is_symmetric=True, accuracy_level=INT8_ACTIVATIONS
    )
    quantizer.process()
    quantizer.model.save_model_to_file(str(path))


INT8_ACTIVATIONS = 4
"""`accuracy_level` of `MatMulNBits` in which activations too are taken in 8 bits, block by block."""


def with_head(encoder: bytes, weight: np.ndarray, bias: np.ndarray, to: Path) -> None:
    """Write an exported encoder with a linear head on its output `embedding`: a second output, `logits`.

    Args:
        encoder: the ONNX file, its one output being `embedding`.
        weight: float32 (outputs, dim).
        bias: float32 (outputs,).
        to: the file to write.
    """
    model = onnx.load_from_string(encoder)
    graph = model.graph
    graph.initializer.extend(
        [numpy_helper.from_array(weight.T.copy(), "head_weight"), numpy_helper.from_array(bias, "head_bias")]
    )
    graph.node.extend([helper.make_node("Gemm", ["embedding", "head_weight", "head_bias"], ["logits"], name="head")])
    shape = ["batch", len(bias)]
    graph.output.insert(0, helper.make_tensor_value_info("logits", onnx.TensorProto.FLOAT, shape))
    onnx.save(model, str(to))


def worst_cosine(left: np.ndarray, right: np.ndarray) -> float:
    """Smallest cosine between the rows of two arrays, float (n, dim) both."""
    norms = np.linalg.norm(left, axis=1) * np.linalg.norm(right, axis=1)
    return float(((left * right).sum(axis=1) / np.maximum(norms, 1e-12)).min())


@contextmanager
def _mapped(done: str) -> Iterator[None]:
    try:
        yield
    except _BROKEN as exc:
        raise ExportError(f"this encoder cannot be {done}: {exc}") from exc


@contextmanager
def _quiet() -> Iterator[None]:
    """Tracing and fusing warn about constants they fold; the parity check afterwards is what counts."""
    loggers = [logging.getLogger(name) for name in ("onnxruntime", "root", "fusion_base", "torch.onnx")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
