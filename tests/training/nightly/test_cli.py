"""The command: one document, exit codes, one night at a time."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.training.nightly.conftest import Shop
from training.nightly import cli
from training.nightly.lock import LOCK, Busy, night_lock
from training.nightly.night import run_night

ROOT = Path(__file__).parents[3]


@pytest.fixture
def command(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """The shop as the command finds it, with the quick trainer and unhurried."""
    monkeypatch.setenv("SWITCHBOARD_HOME", str(shop.home))
    monkeypatch.setattr(os, "setpriority", lambda *_: None)
    monkeypatch.setattr(
        cli, "run_night", lambda inputs: run_night(shop.inputs(progress=inputs.progress, dry_run=inputs.dry_run))
    )
    return shop


def run(shop: Shop, *options: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(cli.nightly, ["--bot", str(shop.bot), *options])
    return done.exit_code, done.stdout, done.stderr


def test_json_is_one_document_with_the_decision(command: Shop) -> None:
    code, out, _ = run(command, "--json")
    told = json.loads(out)
    assert code == 0
    assert (told["decision"], told["champion"], told["challenger"]) == ("promoted", None, "b001")
    assert Path(told["report"]).parent.joinpath("report.json").is_file()


def test_people_are_told_in_sentences(command: Shop) -> None:
    code, out, err = run(command)
    assert (code, out.strip()) == (0, "promoted")
    assert "report:" in err


def test_a_refusal_is_exit_status_3(command: Shop) -> None:
    command.champion()
    command.day(0, 60)
    command.card = {"parity": {"label_agreement": 0.5}}
    code, out, _ = run(command, "--json")
    assert (code, json.loads(out)["decision"]) == (3, "refused")


def test_a_dry_run_promotes_nothing(command: Shop) -> None:
    code, out, _ = run(command, "--dry-run", "--json")
    assert (code, json.loads(out)["decision"], command.current) == (0, "kept", None)


def test_a_failure_is_exit_status_1_with_a_sentence(command: Shop) -> None:
    champion = command.champion()
    (champion / "model.onnx").write_bytes(b"x")
    code, out, err = run(command, "--json")
    assert (code, out) == (1, "")
    assert "has changed" in err
    assert champion.name in err


def test_a_second_night_at_the_same_time_is_told_who_is_at_it(command: Shop) -> None:
    with night_lock(command.home):
        code, _, err = run(command)
    assert code == 1
    assert f"process {os.getpid()}" in err
    assert run(command)[0] == 0


def test_the_lock_of_a_process_that_was_killed_is_none(tmp_path: Path) -> None:
    hold = (
        "import sys, time; from pathlib import Path; from training.nightly.lock import night_lock\n"
        "with night_lock(Path(sys.argv[1])): print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", hold, str(tmp_path)], stdout=subprocess.PIPE, cwd=ROOT) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(Busy, match=f"process {holder.pid}"), night_lock(tmp_path):
            pass
        holder.kill()
        holder.wait()
    with night_lock(tmp_path):
        assert (tmp_path / LOCK).read_text().strip() == str(os.getpid())


def test_a_teacher_without_an_endpoint_is_a_wrong_setting(command: Shop) -> None:
    (command.bot / "bot.toml").write_text("[nightly]\nteacher = true\n")
    code, _, err = run(command)
    assert code == 1
    assert "base_url" in err


def test_a_night_that_is_killed_in_training_leaves_the_champion_and_the_next_one_starts_again(shop: Shop) -> None:
    champion = shop.champion()
    shop.day(0, 30)
    go = (
        "import sys, time; from pathlib import Path\n"
        "from bot.settings import NightlySection\n"
        "from training.nightly.night import Inputs, run_night\n"
        "def train(dataset, out, recipe, progress):\n"
        "    out.mkdir(); (out / 'half').touch(); print('training', flush=True); time.sleep(60)\n"
        "run_night(Inputs(Path(sys.argv[1]), Path(sys.argv[2]), NightlySection(gold_share=0.3), train=train))"
    )
    command = [sys.executable, "-c", go, str(shop.home), str(shop.bot)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as night:
        assert night.stdout is not None
        assert night.stdout.readline() == b"training\n"
        night.kill()
        night.wait()
    assert shop.current == champion.name
    (killed,) = (path for path in (shop.home / "nights").iterdir() if path.is_dir())
    assert (killed / "challenger" / "half").exists()
    report = shop.night()
    assert report.decision == "promoted", report.reasons
    assert f"{killed.name} was interrupted" in report.notes[0]
    assert not killed.exists()
