"""A cell is scored: right, wrong, no answer, and lost to the infrastructure are four things."""

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from eval.study import trial
from eval.study.cell import Cell, Lesson
from eval.study.trial import try_cell
from training.dataset import Example
from training.techniques.technique import Guess, Meter, Step

CELL = Cell("tfidf", "main", "5", 1, "all", "k")
TEST = tuple(Example(f"{intent} {n}", intent) for n in range(20) for intent in "ab")


class Scripted:
    """Answers as a function of the text says."""

    name = "scripted"

    def __init__(self, answer: Callable[[str], Guess], *, kept_s: float = 0.0) -> None:
        self.meter, self.is_closed, self.asked_texts = Meter(), False, list[str]()
        self._answer, self._kept_s = answer, kept_s

    def fit(self, examples: Sequence[Example], *, seed: int, progress: Step) -> None:
        progress(1, 1)
        self.meter.train_cpu_s, self.meter.cost_usd = 2.5, 0.25

    def predict(self, texts: Sequence[str]) -> list[Guess]:
        self.asked_texts += texts
        self.meter.kept_s += self._kept_s * len(texts)
        return [self._answer(text) for text in texts]

    def close(self) -> None:
        self.is_closed = True


def first_letter(text: str) -> Guess:
    return Guess(text[0], 0.9)


def test_right_answers_are_counted_with_an_interval() -> None:
    technique = Scripted(lambda _: Guess("a", 0.8))
    point = try_cell(CELL, Lesson(TEST[:10], TEST), technique)
    assert (point.status, point.accuracy, point.right) == ("done", 0.5, "10" * 20)
    assert point.low is not None
    assert point.high is not None
    assert point.low < 0.5 < point.high
    assert (point.n_examples, point.n_per_intent, point.n_test, point.key) == (10, 5, 40, "k")
    assert (point.train_cpu_s, point.cost_usd) == (2.5, 0.25)
    assert point.p50_ms is not None
    assert technique.is_closed
    assert technique.asked_texts == [row.text for row in TEST]


def test_no_valid_answer_is_wrong_and_shown() -> None:
    point = try_cell(CELL, Lesson(TEST, TEST), Scripted(lambda _: Guess(None, 0, "prose")))
    assert (point.accuracy, set(point.right), point.failures) == (0.0, {"-"}, {"prose": 40})


def test_a_text_lost_to_the_infrastructure_is_left_out() -> None:
    lost = {TEST[0].text, TEST[1].text}
    answer = Scripted(lambda text: Guess(None, 0, "time_out") if text in lost else first_letter(text))
    point = try_cell(CELL, Lesson(TEST, TEST), answer)
    assert (point.status, point.accuracy, point.right[:3]) == ("done", 1.0, "!!1")
    assert point.failures == {"time_out": 2}


def test_an_endpoint_that_dies_in_the_middle_gives_no_score() -> None:
    technique = Scripted(lambda text: Guess(None, 0, "unreachable") if int(text[2:]) > 10 else first_letter(text))
    point = try_cell(CELL, Lesson(TEST, TEST), technique)
    assert (point.status, point.accuracy) == ("failed", None)
    assert point.reason == "the endpoint gave no answer to 18 of 40 texts (unreachable 18)"


def test_an_endpoint_that_dies_after_the_test_rows_gives_no_figures_of_the_rest() -> None:
    outside = tuple(Example(f"z{n}", "z") for n in range(30))
    technique = Scripted(lambda text: Guess(None, 0, "unreachable") if text[0] == "z" else first_letter(text))
    point = try_cell(CELL, Lesson(TEST, TEST, far=outside), technique)
    assert (point.status, point.reason) == ("failed", "the endpoint gave no answer to 30 of 30 texts (unreachable 30)")


def test_invalid_answers_to_other_texts_than_the_test_rows_are_not_counted_among_those() -> None:
    outside = tuple(Example(f"z{n}", "z") for n in range(5))
    technique = Scripted(lambda text: Guess(None, 0, "prose") if text[0] == "z" else first_letter(text))
    assert try_cell(CELL, Lesson(TEST, TEST, far=outside), technique).failures == {}


def test_a_cell_without_a_test_row_says_so() -> None:
    point = try_cell(CELL, Lesson(TEST, ()), Scripted(first_letter))
    assert (point.status, point.reason) == ("failed", "there is no test row of an intent that was taught")


def test_intents_with_fewer_examples_than_asked_for_are_told() -> None:
    assert try_cell(replace(CELL, size="50"), Lesson(TEST, TEST), Scripted(first_letter)).n_per_intent == 20


def test_texts_out_of_scope_are_told_by_confidence() -> None:
    technique = Scripted(lambda text: Guess("a", 0.2 if text.startswith("z") else 0.9))
    outside = tuple(Example(f"z{n}", "z") for n in range(5))
    point = try_cell(CELL, Lesson(TEST, TEST, outside, far=outside), technique)
    assert point.extra == {"oos_auroc": 1, "oos_recall_at_5": 1, "far_auroc": 1, "far_recall_at_5": 1}
    assert len(point.right) == 40


def test_newcomers_and_the_taught_style_have_figures_of_their_own() -> None:
    technique = Scripted(lambda _: Guess("a", 0.9))
    point = try_cell(CELL, Lesson(TEST, TEST, same=TEST[:4], new=frozenset("b")), technique)
    assert point.extra == {"accuracy_new": 0, "accuracy_old": 1, "accuracy_same": 0.5}


def test_a_kept_answer_takes_the_time_it_took_when_it_was_asked_for() -> None:
    p50_ms = try_cell(CELL, Lesson(TEST, TEST), Scripted(first_letter, kept_s=3.0)).p50_ms
    assert p50_ms is not None
    assert 3000 <= p50_ms < 4000


def test_texts_that_needed_no_language_model_count_in_the_time() -> None:
    technique = Scripted(first_letter)

    def answer(text: str) -> Guess:
        technique.meter.kept_s += 3600.0 if text.startswith("a 1") else 0  # the slow model: 2 of the first 20 texts
        return first_letter(text)

    technique._answer = answer
    p50_ms = try_cell(CELL, Lesson(TEST, TEST), technique).p50_ms
    assert p50_ms is not None
    assert p50_ms < 3_600_000


def test_examples_that_a_prompt_does_not_show_need_no_labels() -> None:
    technique = Scripted(first_letter)
    technique.meter.labels = 3
    assert try_cell(CELL, Lesson(TEST, TEST), technique).n_examples == 3
    technique.meter.labels = None
    assert try_cell(CELL, Lesson(TEST, TEST), technique).n_examples == 40


def test_what_raises_is_closed() -> None:
    def burst(text: str) -> Guess:
        raise RuntimeError(text)

    technique = Scripted(burst)
    with pytest.raises(RuntimeError, match="a 0"):
        try_cell(CELL, Lesson(TEST, TEST), technique)
    assert technique.is_closed


def test_a_machine_tells_the_instructions_that_its_speed_depends_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial, "CPUINFO", tmp_path / "cpuinfo")
    (tmp_path / "cpuinfo").write_text("model name\t: Some 9\nflags\t\t: sse2 avx2 avx512f avx512_bf16\n\n")
    assert trial.machine.__wrapped__() == f"Some 9 (AVX-512 bf16), {os.cpu_count()} cores"
