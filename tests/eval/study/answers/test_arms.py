"""An arm is served only where its model is there, and the report says what is missing."""

from pathlib import Path

from backends.bundle import BUNDLES, PROMPTS
from eval.study.answers.arms import CHAINS, ready

BACKENDS = ("intent", "rag", "scripted")


def trained(home: Path, *shelves: str) -> Path:
    for shelf in shelves:
        (home / shelf).mkdir()
        (home / shelf / "current").write_text("one\n")
    return home


def test_with_both_models_every_arm_is_served(tmp_path: Path) -> None:
    found = ready(trained(tmp_path, BUNDLES, PROMPTS), BACKENDS)
    assert (found.chains, found.notes) == (CHAINS, ())


def test_without_a_prompt_its_arms_are_left_out_and_said_so(tmp_path: Path) -> None:
    found = ready(trained(tmp_path, BUNDLES), BACKENDS)
    assert [chain.arm for chain in found.chains] == ["nobody", "intent", "articles", "cascade"]
    assert found.notes[0].startswith("The arm soft_prompt is left out: no prompt; run `switchboard train")


def test_a_backend_that_the_bot_lacks_is_named(tmp_path: Path) -> None:
    found = ready(trained(tmp_path, BUNDLES, PROMPTS), ("intent", "rag"))
    assert found.notes == ("The arm nobody is left out: the bot folder has no backend scripted.",)
