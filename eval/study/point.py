"""One finished cell of a study, a line of `points.jsonl`. Knows neither techniques nor how cells are run."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Self

DONE, CUT, FAILED = "done", "cut", "failed"
"""What became of a cell: scored; over its time limit; ended without a score."""
RIGHT, WRONG, INVALID, BROKEN = "1", "0", "-", "!"
"""In `right`: the label; another label; no valid answer, which counts as wrong; a failure of the infrastructure, which
is left out."""
MAIN, SHIFT, UNSEEN, OUT_OF_SCOPE = "main", "shift", "unseen", "oos"
"""Settings beside `noise-10` and `noise-20`."""
NO_EXAMPLES = "0"
"""As a size: of what learns from nothing."""
ALL = "all"
"""As a size: every example there is. As test rows: every row there is."""


@dataclass(frozen=True, slots=True)
class Point:
    """One finished cell."""

    key: str
    """Hash of all that defines the cell: data, test rows, technique with its options, size, seed, setting, prompts."""
    technique: str
    setting: str
    """`main`, `noise-10`, `noise-20`, `shift`, `unseen` or `oos`."""
    size: str
    """Examples an intent as asked for: a number, `all`, or `0` for what learns from nothing."""
    n_per_intent: int
    """The same as a number: the rounded mean where intents have fewer."""
    seed: int
    n_examples: int
    """Labelled examples that were needed; fewer than the draw has where a prompt shows only some."""
    n_test: int
    status: str
    """`done`, `cut` or `failed`."""
    reason: str = ""
    """Why there is no score; empty when done."""
    accuracy: float | None = None
    """Share of the rows that have an answer, valid or not; None without a score."""
    low: float | None = None
    """Lower end of the 95 % interval (Wilson)."""
    high: float | None = None
    right: str = ""
    """One sign for each test row, see `RIGHT`. All techniques of a setting are asked the same rows in one fixed,
    stratified order, and a subset is its beginning: two techniques pair by their common beginning."""
    rows: str = ALL
    """Which test rows: `all` or `subset-N`, the first N of the fixed order."""
    extra: Mapping[str, float] = field(default_factory=dict)
    """Figures of the setting: `oos_auroc`, `oos_recall_at_5` (oos); `accuracy_new`, `accuracy_old` (unseen)."""
    failures: Mapping[str, int] = field(default_factory=dict)
    """Answers to test rows that were none, by reason."""
    train_cpu_s: float = 0.0
    predict_cpu_s: float = 0.0
    train_wall_s: float = 0.0
    predict_wall_s: float = 0.0
    p50_ms: float | None = None
    """Median time of a text that is asked alone; None where it was not measured."""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: float = 0.0
    peak_bytes: int = 0
    disk_bytes: int = 0
    held_bytes: int = 0
    """Memory that answering holds, see `Meter`."""
    calls: int = 0
    """Paid or embedded calls of a language model; 0 for what asks none."""
    threads: int | None = None
    """Cores that it could use; None where that was not noted."""
    jobs: int | None = None
    """Cells that ran at once."""
    at: str = ""
    """When it ended, UTC."""
    machine: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> Self:
        """Read one line.

        Raises:
            TypeError: a field that has no default is missing.
        """
        known = {one.name for one in fields(cls)}
        return cls(**{name: value for name, value in values.items() if name in known})

    def to_document(self) -> dict[str, Any]:
        """Its fields, as JSON has them."""
        return asdict(self)

    def line(self) -> str:
        """Write it as one line."""
        return json.dumps(self.to_document(), sort_keys=False) + "\n"
