"""A language model of two layers with random weights, as a GGUF file that both llama.cpp and transformers read."""

from collections.abc import Callable
from pathlib import Path

import gguf
import numpy as np
import pytest
from tokenizers.pre_tokenizers import ByteLevel

from training.lora.lesson import Lesson

DIM, HEADS, KV_HEADS, LAYERS, FEED = 64, 4, 2, 2, 96
SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
CHAT = (
    "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>'"
    " + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


def _tensors(draw: np.random.Generator, vocabulary: int) -> dict[str, np.ndarray]:
    """Random weights, in the order of GGUF: rows are outputs."""
    head = DIM // HEADS
    shapes = {
        "attn_q": (DIM, DIM), "attn_k": (KV_HEADS * head, DIM), "attn_v": (KV_HEADS * head, DIM),
        "attn_output": (DIM, DIM), "ffn_gate": (FEED, DIM), "ffn_up": (FEED, DIM), "ffn_down": (DIM, FEED),
    }  # fmt: skip
    found = {"token_embd": 0.2 * draw.normal(size=(vocabulary, DIM)), "output_norm": np.ones(DIM)}
    for layer in range(LAYERS):
        found |= {f"blk.{layer}.{name}": 0.2 * draw.normal(size=shape) for name, shape in shapes.items()}
        found |= {f"blk.{layer}.{name}": np.ones(DIM) for name in ("attn_norm", "ffn_norm")}
    return {f"{name}.weight": values.astype(np.float32) for name, values in found.items()}


@pytest.fixture(scope="session")
def tiny_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model's file; its tokens are bytes."""
    path = tmp_path_factory.mktemp("tiny") / "tiny.gguf"
    tokens = [*SPECIAL, *sorted(ByteLevel.alphabet()), "th"]
    kinds = [gguf.TokenType.CONTROL] * len(SPECIAL) + [gguf.TokenType.NORMAL] * (len(tokens) - len(SPECIAL))
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_context_length(512)
    writer.add_embedding_length(DIM)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(FEED)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_rope_dimension_count(DIM // HEADS)
    writer.add_rope_freq_base(10000.0)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_merges(["t h"])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_pad_token_id(2)
    writer.add_unk_token_id(0)
    writer.add_add_bos_token(False)
    writer.add_chat_template(CHAT)
    for name, values in _tensors(np.random.default_rng(7), len(tokens)).items():
        writer.add_tensor(name, values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


@pytest.fixture
def lesson() -> Callable[..., Lesson]:
    """Makes lessons: `lesson(answer="…", article="…")`."""

    def make(answer: str = "It costs 5 EUR.", article: str = "a", **more: str) -> Lesson:
        return Lesson("Copy.", "[1] It costs 5 EUR.\nQuestion: How much?", answer, article, "utterance", **more)

    return make
