"""Forty simulated customers talk to the real demo server, and a killed server does not end the run."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Measured
from tests.e2e.demo_shop import DEMO, demo_server
from tests.e2e.running import ROOT, Running

pytestmark = pytest.mark.slow

CUSTOMERS, LATE_S = 40, 90.0


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The demo bot with its trained classifier; articles are quoted, not retold."""
    home = tmp_path_factory.mktemp("shop") / "var"
    server = demo_server(home, SWITCHBOARD__BACKENDS__RAG__GENERATE="false")
    try:
        yield server.start()
    finally:
        server.end()


def begin(shop: Running, truth: Path, *options: str) -> "subprocess.Popen[str]":
    """Start the command as a user would."""
    command = [sys.executable, "-m", "switchboard", "simulate", "--bot", str(DEMO), "--truth", str(truth), "--json"]
    return subprocess.Popen(
        [*command, *options],
        cwd=ROOT,
        env=shop._environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: "subprocess.Popen[str]") -> dict[str, Any]:
    out, err = process.communicate(timeout=LATE_S)
    assert process.returncode == 0, err
    document: dict[str, Any] = json.loads(out)
    return document


def test_forty_customers_and_the_truth_about_them(shop: Running, tmp_path: Path, measured: Measured) -> None:
    truth = tmp_path / "truth.jsonl"
    options = ("--customers", str(CUSTOMERS), "--seed", "4", "--rate", "40")
    begun = time.perf_counter()
    document = finish(begin(shop, truth, *options))
    spent = time.perf_counter() - begun
    row, checks = document["by_arm"]["main"], document["validity"]
    measured(
        f"{document['conversations']} conversations in {spent:.0f} s, goal met {row['goal_met']:.0%}"
        f" [{row['low']:.2f}, {row['high']:.2f}], simulator at fault {checks['fault_share']:.1%}"
    )
    assert (document["customers"], checks["infrastructure"]) == (CUSTOMERS, 0)
    assert checks["fault_share"] <= 0.1
    assert row["low"] <= row["goal_met"] <= row["high"]
    assert row["goal_met"] > 0.4
    assert document["missed"]["left_silently"] >= 0.2

    lines = [json.loads(line) for line in truth.read_text(encoding="utf-8").splitlines()]
    stored = {one["id"]: one for one in shop.rows("SELECT id, source, arm, visitor_id FROM conversations")}
    assert {line["conversation_id"] for line in lines} == stored.keys()
    assert {one["source"] for one in stored.values()} == {"simulated"}
    assert all(line["customer_id"] == stored[line["conversation_id"]]["visitor_id"] for line in lines)
    assert {one["source"] for one in shop.rows("SELECT DISTINCT source FROM turns")} == {"simulated"}

    again = finish(begin(shop, truth, *options))
    assert again["by_arm"] == document["by_arm"], "everybody had finished: nobody came"
    assert shop.complaints() == []


def test_customers_outlast_a_server_that_is_killed(shop: Running, tmp_path: Path) -> None:
    truth = tmp_path / "truth.jsonl"
    process = begin(shop, truth, "--customers", "8", "--seed", "5", "--rate", "8", "--concurrency", "4")
    late = time.monotonic() + LATE_S
    while not (truth.is_file() and truth.read_text(encoding="utf-8").count("\n") >= 3):
        assert time.monotonic() < late, "nobody came"
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    port = shop.port
    shop.kill()
    shop.start(port)
    document = finish(process)
    assert document["customers"] == 8
    assert document["validity"]["infrastructure"] <= 4, document["validity"]
