"""The quick form of a study: every technique at small sizes, to see all of it work within minutes."""

from pathlib import Path

from eval.study.point import ALL, MAIN, OUT_OF_SCOPE, UNSEEN
from eval.study.protocol import Data, Plan, Protocol

SIZES, LLM_SIZES = ("1", "5"), ("5",)
TEST_ROWS, LLM_TEST_ROWS = 200, 10
MINUTES, JOBS = 2.0, 2
OPTIONS = {"smollm_prompt": {"steps": 4, "rows": 150}}
"""So that a language model is trained within the limit of a cell; a table of the protocol goes before."""
CHEAP = ("tfidf", "neighbours")
"""What the quick form tries in the settings beside the main one."""


def quick_protocol(bot: Path) -> Protocol:
    """The quick study of a bot folder."""
    settings = (MAIN, "noise-20", UNSEEN, OUT_OF_SCOPE)
    return smaller(Protocol(data=Data(bot=bot), study=Plan(settings=settings)))


def smaller(protocol: Protocol) -> Protocol:
    """Make a study quick: its techniques and settings, one draw, few sizes, few test rows, an LLM trained briefly."""
    plan = protocol.study
    study = plan.model_copy(
        update={
            "sizes": _those_of(plan.sizes, SIZES),
            "llm_sizes": _those_of(plan.llm_sizes, LLM_SIZES),
            "sizes_of": {},
            "setting_sizes": ("5",),
            "setting_techniques": tuple(name for name in plan.techniques if name in CHEAP),
            "seeds": 1,
            "test_rows": _fewer(plan.test_rows, TEST_ROWS),
            "llm_test_rows": _fewer(plan.llm_test_rows, LLM_TEST_ROWS),
            "cell_minutes": min(plan.cell_minutes, MINUTES),
            "jobs": max(plan.jobs, JOBS),
        }
    )
    return protocol.model_copy(update={"study": study, "techniques": {**OPTIONS, **protocol.techniques}})


def _those_of(sizes: tuple[str, ...], small: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(size for size in small if size in sizes) or sizes[:1]


def _fewer(rows: int | str, most: int) -> int:
    return most if rows == ALL else min(int(rows), most)
