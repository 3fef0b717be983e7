"""Writes a peft adapter as a GGUF file that llama.cpp loads beside the model's weights."""

from pathlib import Path
from typing import Any

import gguf
import numpy as np
import numpy.typing as npt
from peft import get_peft_model_state_dict

Floats = npt.NDArray[np.float32]

PREFIX = "base_model.model."
ENDINGS = {".lora_A.weight": ".weight.lora_a", ".lora_B.weight": ".weight.lora_b"}


class UnknownLayer(ValueError):
    """An adapted layer that llama.cpp does not know by any name."""


def write_gguf(model: Any, path: Path, *, alpha: float) -> int:
    """Write the adapter of a peft model of the Llama kind.

    Args:
        model: from `get_peft_model`.
        path: of the file.
        alpha: as of the adapter's configuration; llama.cpp divides it by the rank itself.

    Returns:
        How many numbers the adapter has.

    Raises:
        UnknownLayer: an adapted layer has no name in llama.cpp.
    """
    config = model.get_base_model().config
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, config.num_hidden_layers)
    writer = gguf.GGUFWriter(path, gguf.MODEL_ARCH_NAMES[gguf.MODEL_ARCH.LLAMA])
    writer.add_type(gguf.GGUFType.ADAPTER)
    writer.add_string(gguf.Keys.Adapter.TYPE, "lora")
    writer.add_float32(gguf.Keys.Adapter.LORA_ALPHA, alpha)
    count = 0
    for key, tensor in get_peft_model_state_dict(model, save_embedding_layers=False).items():
        layer, ending = _parts(key)
        values = np.ascontiguousarray(tensor.detach().float().cpu().numpy())
        if ending == ".lora_B.weight":
            values = _turned(values, layer, config)
        name = names.get_name(layer)
        if name is None:
            raise UnknownLayer(f"llama.cpp has no name for the adapted layer {layer}")
        writer.add_tensor(name + ENDINGS[ending], values)
        count += values.size
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return count


def _parts(key: str) -> tuple[str, str]:
    ending = next((ending for ending in ENDINGS if key.endswith(ending)), None)
    if ending is None:
        raise UnknownLayer(f"expected pairs of matrices, got {key}")
    return key.removeprefix(PREFIX).removesuffix(ending), ending


def _turned(values: Floats, layer: str, config: Any) -> Floats:
    """Bring rows of queries and keys into the order of llama.cpp, which pairs neighbours when it turns positions.

    Source: `LlamaModel.permute` of llama.cpp's convert_hf_to_gguf.py; transformers does the reverse when it reads GGUF.
    """
    heads = {"q_proj": config.num_attention_heads, "k_proj": config.num_key_value_heads}.get(layer.rsplit(".", 1)[-1])
    if heads is None:
        return values
    rows, columns = values.shape
    turned = values.reshape(heads, 2, rows // heads // 2, columns).swapaxes(1, 2)
    return np.ascontiguousarray(turned.reshape(rows, columns))
