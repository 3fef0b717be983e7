"""The frozen encoder with prompts as inputs does what peft's own model does, and an empty prompt changes nothing."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

torch = pytest.importorskip("torch")
peft = pytest.importorskip("peft")
transformers = pytest.importorskip("transformers")

from training.pretrained import Pretrained, UnknownEncoder, load_pretrained  # noqa: E402 - torch is there
from training.settings import Recipe  # noqa: E402
from training.soft_prompt.frozen import Frozen  # noqa: E402
from training.soft_prompt.prompted import Prompted  # noqa: E402

if TYPE_CHECKING:
    from torch import Tensor

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::Warning")]

TOKENS = 3


@pytest.fixture
def texts() -> "tuple[Tensor, Tensor]":
    """Two texts of unequal length: ids and mask."""
    ids = torch.tensor([[2, 3, 4, 5, 6], [7, 8, 9, 0, 0]])
    return ids, (torch.arange(5)[None] < torch.tensor([[5], [3]])).long()


def recipe(technique: str) -> Recipe:
    return Recipe.model_validate({"technique": technique, "tokens": TOKENS})


def test_soft_tokens_are_those_of_peft(tiny: Pretrained, texts: "tuple[Tensor, Tensor]") -> None:
    prompted = Prompted(tiny.copy(), recipe("soft_prompt")).eval()
    config = peft.PromptTuningConfig(task_type="FEATURE_EXTRACTION", num_virtual_tokens=TOKENS)
    theirs = peft.get_peft_model(tiny.copy(), config).eval()
    theirs.prompt_encoder["default"].load_state_dict(prompted.prompt.state_dict())
    ids, mask = texts
    with torch.inference_mode():
        wanted = theirs(input_ids=ids, attention_mask=mask)[0][:, TOKENS:]
        ours = prompted(ids, mask)[0]
    torch.testing.assert_close(ours[0], wanted[0])
    torch.testing.assert_close(ours[1, :3], wanted[1, :3])


def test_prefix_rows_are_those_of_peft_at_the_positions_of_a_text_alone(
    tiny: Pretrained, texts: "tuple[Tensor, Tensor]"
) -> None:
    prompted = Prompted(tiny.copy(), recipe("prefix")).eval()
    with torch.no_grad():
        prompted.prompt.embedding.weight.mul_(20)
    config = peft.PrefixTuningConfig(task_type="FEATURE_EXTRACTION", num_virtual_tokens=TOKENS)
    theirs = peft.get_peft_model(tiny.copy(), config).eval()
    theirs.prompt_encoder["default"].load_state_dict(prompted.prompt.state_dict())
    ids, mask = texts
    positions = torch.arange(5)[None] - TOKENS  # peft moves them by the length of the prefix
    with torch.inference_mode():
        wanted = theirs(input_ids=ids, attention_mask=mask, position_ids=positions)[0]
        ours = prompted(ids, mask)[0]
        without = Frozen(tiny.copy()).eval().hidden(ids, mask, torch.zeros(2, 0, 32), torch.zeros(2, 1, 2, 0, 32))
    torch.testing.assert_close(ours[0], wanted[0])
    torch.testing.assert_close(ours[1, :3], wanted[1, :3])
    assert (ours[0] - without[0]).abs().max() > 0.01


@pytest.mark.parametrize("kind", ["bert", "roberta"])
def test_an_empty_prompt_leaves_an_encoder_as_it_is(
    kind: str,
    tiny: Pretrained,
    small_roberta: Callable[[Path, Sequence[str]], Path],
    tmp_path: Path,
    texts: "tuple[Tensor, Tensor]",
) -> None:
    pretrained = tiny if kind == "bert" else load_pretrained(str(small_roberta(tmp_path / "roberta", ["where is it"])))
    frozen, (ids, mask) = Frozen(pretrained.copy()).eval(), texts
    ids = ids.masked_fill(mask == 0, pretrained.pad_id)
    none = torch.zeros(2, 0, frozen.dim), torch.zeros(2, frozen.layers, 2, 0, frozen.dim)
    with torch.inference_mode():
        ours = frozen.hidden(ids, mask, *none)
        wanted = pretrained.model(input_ids=ids, attention_mask=mask)[0]
    torch.testing.assert_close(ours[0], wanted[0])
    torch.testing.assert_close(ours[1, :3], wanted[1, :3])


@pytest.mark.parametrize(("technique", "size"), [("soft_prompt", TOKENS * 32), ("prefix", TOKENS * 2 * 32)])
def test_nothing_but_the_prompt_is_trained(tiny: Pretrained, technique: str, size: int) -> None:
    prompted = Prompted(tiny.copy(), recipe(technique))
    assert sum(value.numel() for value in prompted.parameters() if value.requires_grad) == size
    assert all(value.requires_grad for value in tiny.model.parameters())


def test_the_rows_of_a_prefix_differ_from_the_start(tiny: Pretrained) -> None:
    soft, prefix = Prompted(tiny.copy(), recipe("prefix")).rows()
    assert soft.shape == (0, 32)
    assert prefix.shape == (1, 2, TOKENS, 32)
    assert not torch.allclose(prefix[:, :, 0], prefix[:, :, 1])


def test_an_encoder_without_a_place_for_rows_is_refused() -> None:
    config = transformers.DistilBertConfig(vocab_size=20, dim=16, n_layers=1, n_heads=2, hidden_dim=16)
    with pytest.raises(UnknownEncoder, match="no soft prompts for a distilbert encoder; take one of bert"):
        Frozen(transformers.DistilBertModel(config))
