"""The contrastive loss and its batches."""

import pytest

torch = pytest.importorskip("torch")

from training.settings import Recipe  # noqa: E402 - after the check that torch is there
from training.trainer import Together, contrast  # noqa: E402

pytestmark = pytest.mark.slow


def loss(embeddings: list[list[float]], targets: list[int], weights: list[float], outlier: int = -1) -> float:
    wanted = torch.tensor(targets)
    vectors = torch.nn.functional.normalize(torch.tensor(embeddings), dim=1)
    return float(contrast(vectors, wanted, torch.tensor(weights), alone=wanted == outlier, temperature=0.1))


CLOSE, APART = [[1.0, 0.0], [1.0, 0.1], [0.0, 1.0], [0.1, 1.0]], [[1.0, 0.0], [0.0, 1.0], [1.0, 0.1], [0.1, 1.0]]


def test_texts_of_one_intent_that_lie_together_cost_less() -> None:
    assert loss(CLOSE, [0, 0, 1, 1], [1.0] * 4) < 0.1 < loss(APART, [0, 0, 1, 1], [1.0] * 4)


def test_the_loss_of_two_texts_is_that_of_the_paper() -> None:
    expected = float(-torch.log_softmax(torch.tensor([10.0, 0.0]), 0)[0])
    assert loss([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]], [0, 0, 1], [1.0] * 3) == pytest.approx(expected, rel=0.01)


def test_texts_out_of_scope_attract_nobody() -> None:
    assert loss(APART, [0, 0, 1, 1], [1.0] * 4, outlier=1) == pytest.approx(loss(APART, [0, 0, 1, 2], [1.0] * 4))


def test_a_row_without_weight_does_not_count() -> None:
    assert loss(APART, [0, 0, 1, 1], [1.0, 1.0, 0.0, 0.0]) == pytest.approx(loss(APART, [0, 0, 1, 2], [1.0] * 4))


def test_every_intent_comes_with_several_texts_as_often_as_there_are_rows() -> None:
    targets = [number % 5 for number in range(40)]
    drawn = list(Together(targets, Recipe()))
    assert len(drawn) == 40
    assert [targets[a] == targets[b] for a, b in zip(drawn[::2], drawn[1::2], strict=True)] == [True] * 20
    assert {targets[number] for number in drawn} == set(range(5))
