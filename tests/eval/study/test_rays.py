"""A study runs on a Ray cluster as it runs here; the cluster of the test is this machine."""

from dataclasses import replace
from pathlib import Path

import pytest

from eval.study.cell import batches_of
from eval.study.material import Material, fixed_order
from eval.study.protocol import Data, Plan, Protocol
from eval.study.rays import NoRay, on_ray
from eval.study.runner import Setup, run_batch
from training.dataset import Example

ROWS = tuple(Example(f"{word} number {n}", word) for word in ("refund", "parcel", "greet") for n in range(9))
PLAN = Plan(techniques=("tfidf",), sizes=("1", "5"), seeds=1, cell_minutes=2)
SETUP = Setup(Protocol(data=Data(bot=Path()), study=PLAN), Material(ROWS, fixed_order(ROWS)))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of Ray's own
def test_a_line_is_carried_out_on_a_cluster_as_it_is_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    setup = replace(SETUP, home=tmp_path)
    (batch,) = batches_of(setup.protocol, setup.material)
    with on_ray("local", setup) as (run, at_once):
        there = list(run(setup, batch, lambda *_: None))
    assert at_once >= 1
    assert [(point.key, point.right) for point in there] == [
        (point.key, point.right) for point in run_batch(setup, batch)
    ]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_cluster_that_is_not_there_is_told() -> None:
    with pytest.raises(NoRay, match="no Ray cluster at nowhere-at-all"), on_ray("nowhere-at-all", SETUP):
        raise AssertionError("it is not there")
