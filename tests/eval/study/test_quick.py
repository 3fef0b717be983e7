"""Every technique of the table goes through a study: `study --quick` made still smaller, on texts of the demo bot."""

import csv
import json
from collections import defaultdict
from pathlib import Path

import pytest
from typer.testing import CliRunner

from eval.cli_study import study
from tests.e2e.demo_shop import trained_home
from training.dataset import Example, read_bot
from training.techniques.table import TABLE

INTENTS = ("order_status", "cancel_order", "greet", "goodbye")
PROTOCOL = """
[data]
train = "train.csv"
test = "test.csv"
[study]
sizes = [8]
llm_sizes = [8]
seeds = 1
test_rows = 12
llm_test_rows = 2
jobs = 2
[techniques.contrastive]
epochs = 1
[techniques.finetune]
epochs = 1
[techniques.few_shot]
max_prompt_tokens = 400
[techniques.chain_of_thought]
reason_chars = 40
[techniques.soft_prompt]
epochs = 1
[techniques.prefix]
epochs = 1
[techniques.smollm_prompt]
steps = 1
[techniques.hybrid_50]
classifier = "tfidf"
[techniques.hybrid_70]
classifier = "tfidf"
[techniques.hybrid_90]
classifier = "tfidf"
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    encoders = trained_home() / "encoders"
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "encoders").symlink_to(encoders)
    monkeypatch.setenv("SWITCHBOARD_HOME", str(tmp_path / "var"))
    rows: dict[str, list[Example]] = defaultdict(list)
    for row in read_bot(Path("demo")).examples:
        rows[row.intent].append(row)
    for name, part in (("train", slice(0, 12)), ("test", slice(12, 20))):
        with (tmp_path / f"{name}.csv").open("w", newline="") as sheet:
            lines = [(row.text, intent) for intent in INTENTS for row in rows[intent][part]]
            csv.writer(sheet).writerows([("text", "intent"), *lines])
    (tmp_path / "study.toml").write_text(PROTOCOL)
    return tmp_path / "study.toml"


@pytest.mark.slow
def test_every_technique_is_studied_and_the_report_is_written(file: Path) -> None:
    result = CliRunner().invoke(study, [str(file), "--json"])
    assert result.exit_code == 0, result.stderr
    document = json.loads(result.stdout)
    points = {point["technique"]: point for point in document["points"]}
    assert points.keys() == TABLE.keys()
    assert {name: point["reason"] for name, point in points.items() if point["status"] != "done"} == {}
    assert all(min(point["peak_bytes"], point["held_bytes"]) > 0 for point in points.values())
    assert all(points[name]["calls"] > 0 for name in ("zero_shot", "one_shot", "few_shot"))
    assert points["finetune"]["disk_bytes"] > 5e6 > points["soft_prompt"]["disk_bytes"]
    assert points["soft_prompt"]["held_bytes"] > 5e6, "a single bot holds the frozen encoder too"
    assert Path(document["report"]).is_file()
