"""The shape of the report of resolution, as the command makes it and the console reads it."""

from typing import Literal

from backends.settings import Section


class Interval(Section):
    """A figure with its interval; all null where there is none."""

    value: float | None
    low: float | None
    high: float | None


class Latency(Interval):
    """Mean milliseconds of a turn, with its interval, and the spread over conversations."""

    p50: float | None
    p95: float | None


class AuditFigures(Section):
    """What audits did for a rate."""

    n: int
    power: float | None
    """How far the prediction of the truth was trusted."""
    se: float | None
    """Part of the standard error that more audits would take away."""
    for_2_points: int | None
    """Audits of this group after which the rate is known within two points; null where all would not do."""


class Costs(Section):
    """US dollars."""

    tokens: float | None
    backend: float | None
    operator: float | None
    training: float | None
    total: float | None
    per_conversation: float | None


class TruthFigures(Section):
    """What a simulation knows."""

    n: int
    rate: float | None
    error: float | None
    uncorrected_error: float | None
    is_inside: bool


class Figures(Section):
    """Everything about a group of conversations."""

    n: int
    customers: int
    resolved: int
    """By the rules, by bots alone."""
    rate: float | None
    """Share truly resolved: corrected by audits where there are enough, else by the rules."""
    low: float | None
    high: float | None
    corrected: bool
    uncorrected: Interval
    audit: AuditFigures
    assisted: int
    assisted_rate: Interval
    handed_off: Interval
    reopened: Interval
    abandoned: Interval
    kinds: dict[str, int]
    resolution_s: float | None
    """Median."""
    latency_ms: Latency
    cost_per_resolved_usd: Interval
    cost_usd: Costs
    prompt_tokens: int
    completion_tokens: int
    truth: TruthFigures | None


class ArmFigures(Figures):
    """One arm."""

    arm: str
    chain: tuple[str, ...] | None
    """What its customers get now; null when the arm was taken away."""


class BackendFigures(Figures):
    """Conversations whose last answer came from one backend."""

    backend: str


class IntentFigures(Figures):
    """Conversations about one intent."""

    intent: str


class Guardrail(Section):
    """Whether an arm is worse in something else."""

    name: Literal["handoff", "latency_ms", "cost_usd"]
    difference: float | None
    low: float | None
    high: float | None
    margin: float
    state: Literal["held", "broken", "open"]


class CorrectedDifference(Section):
    """A difference of corrected rates."""

    difference: float
    low: float
    high: float


class Difference(Section):
    """One arm less another; the interval holds at every look."""

    a: str
    b: str
    difference: float | None
    low: float | None
    high: float | None
    n: int
    left_out: int
    """Conversations from times when an arm was something else."""
    strata: int
    alpha: float
    is_found: bool
    is_small: bool
    better: str | None
    more_conversations: int | None
    corrected: CorrectedDifference | None
    guardrails: tuple[Guardrail, ...]
    verdict: str


class SampleRatio(Section):
    """Whether arms got the customers they should have got."""

    is_well: bool
    evidence: float
    customers: int
    expected: dict[str, float]
    seen: dict[str, int]


class Tariffs(Section):
    """What things cost."""

    cpu_hour_usd: float
    operator_minute_usd: float
    training_usd: float
    trained_backends: tuple[str, ...]


class ResolutionOut(Section):
    """The report; figures that nobody has are null."""

    state: Literal["ready", "stale"]
    """`stale`: a newer one is being made."""
    stale: bool
    computed_at: str
    problem: str | None
    """Why the last try to make a newer one failed."""
    definition: str | None
    since: str | None
    as_of: str
    source: str
    open: int
    """Conversations whose window has not ended."""
    no_question: int
    tariffs: Tariffs
    method: dict[str, str]
    n: int
    customers: int
    audits: int
    audits_open: int
    arms: tuple[ArmFigures, ...]
    backends: tuple[BackendFigures, ...]
    intents: tuple[IntentFigures, ...]
    differences: tuple[Difference, ...]
    sample_ratio: SampleRatio | None
    verdict: str
    conclusion: str
    better: str | None
    more_conversations: int | None
    warnings: tuple[str, ...]


class RunningOut(Section):
    """There is no report yet: ask again."""

    state: Literal["running"]
