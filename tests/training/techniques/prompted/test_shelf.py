"""Examples that a prompt shows."""

from training.dataset import Example
from training.techniques.prompted.shelf import fixed

ROWS = [Example(f"text {number}", f"intent_{number % 3}", "") for number in range(9)]


def chosen(tokens: int, *, most: int | None = None, seed: int = 1) -> list[Example]:
    return fixed(ROWS, seed=seed, most=most, tokens=tokens, cost=lambda _: 10)


def test_every_intent_has_an_example_before_one_has_two() -> None:
    assert [len({row.intent for row in chosen(tokens)}) for tokens in (10, 20, 30, 60)] == [1, 2, 3, 3]
    assert len(chosen(60)) == 6


def test_more_room_only_adds() -> None:
    assert chosen(40)[:2] == chosen(20)


def test_at_most_so_many_are_taken() -> None:
    assert len(chosen(90, most=1)) == 1


def test_another_seed_chooses_others() -> None:
    assert chosen(30) != chosen(30, seed=2)
