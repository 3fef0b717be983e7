"""May a new model take over? The gate says no if a single one of its questions is answered no."""

from training.nightly.case import Case, Verdict, newly_wrong
from training.nightly.checks import (
    better_than_naming_one,
    calibration,
    compare,
    intents,
    latency,
    memory,
    no_intent_harmed,
    none_dropped,
    not_worse,
    not_worse_than_best,
    out_of_scope,
    parity,
    regressions,
)


def judge(case: Case) -> Verdict:
    """Ask every question; without a champion only those that need none."""
    if case.champion is None:
        return Verdict((parity(case.facts), better_than_naming_one(case.facts)))
    overall = compare(case, case.champion)
    found = [overall] if overall else []
    checks = [not_worse(overall, case.margin)]
    if case.best is not None and (against_best := compare(case, case.best)):
        found.append(against_best)
        checks.append(not_worse_than_best(against_best, case.margin))
    by_intent = intents(case, case.champion)
    checks += [
        no_intent_harmed(by_intent),
        none_dropped(case.facts),
        out_of_scope(case),
        calibration(case, case.champion),
        regressions(case.facts),
        parity(case.facts),
        latency(case.facts),
        memory(case.facts),
    ]
    return Verdict(tuple(checks), tuple(found), by_intent, newly_wrong(case, case.champion))
