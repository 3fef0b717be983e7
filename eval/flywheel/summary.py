"""The outcome of a simulation in words and tables (Markdown)."""

from collections.abc import Mapping
from typing import Any

from eval.flywheel.outcome import MARGIN
from eval.flywheel.plan import (
    CHOICE_ERRORS,
    CHOOSING,
    CONFIRMED,
    OPERATOR_ERRORS,
    OPERATOR_OF_ANSWERED,
    OPERATOR_OF_UNANSWERED,
    WRONG_REPLIES,
)
from eval.flywheel.points import ALL, GATED, GOLD, LABELLED, NAIVE

OTHERS = {
    GOLD: "is told the truth about the texts that the nightly run may train on",
    LABELLED: "is told the truth about all labelled texts, those kept for the gate too",
    ALL: "is told the truth about every text of the stream",
    NAIVE: "believes everything and promotes always",
}


def markdown(document: Mapping[str, Any], picture: str) -> str:
    """Write the report.

    Args:
        document: as `outcome.outcome` gives it, with at least one seed.
        picture: address of the plot, relative to the report.
    """
    return "\n".join([*_setting(document, picture), *_end(document), *_poison(document), *_nights(document), ""])


def _setting(document: Mapping[str, Any], picture: str) -> list[str]:
    plan = document["plan"]
    return [
        "# Does the nightly run make the bot better?",
        "",
        f"`switchboard eval flywheel --data CLINC_FOLDER` · {document['definition']} · seeds "
        f"{', '.join(map(str, document['seeds']))} · {document['cpu_seconds'] / 60:.0f} CPU minutes in all",
        "",
        f"![Accuracy over nights]({picture})",
        "",
        f"Each seed is a shop with {plan['intents']} intents drawn from CLINC150 and {plan['own']} examples of each "
        f"in its bot folder; {plan['late']} of them are not in it and come up later. On each of {plan['nights']} days "
        f"{plan['turns']} texts of the train and validation files are asked; the topics drift. The bundle in "
        f"service answers. {_percent(CONFIRMED)} of the confident replies are confirmed; {_percent(WRONG_REPLIES)} are "
        f"for another intent, and are confirmed all the same. Operators label {_percent(OPERATOR_OF_ANSWERED)} of the "
        f"answered and {_percent(OPERATOR_OF_UNANSWERED)} of the unanswered turns, {_percent(OPERATOR_ERRORS)} of them "
        f'wrongly; {_percent(CHOOSING)} of the customers asked "did you mean" choose, {_percent(CHOICE_ERRORS)} of '
        "them wrongly. All of it is written into a store as the server writes it, and the nightly run works on that, "
        f"with the technique `head`. On day {plan['poisoned']} {plan['planted']} planted rows come in beside the "
        "honest ones: texts of many intents, from customers nobody knows, confirmed or chosen as one intent. Test rows "
        "only measure.",
        "",
    ]


def _end(document: Mapping[str, Any]) -> list[str]:
    lines = [
        "## After the last night",
        "",
        "| compared with a model that | its accuracy | the nightly run's | difference, points [95 %] | n |",
        "| --- | --- | --- | --- | --- |",
    ]
    for other, what in OTHERS.items():
        row = document["final"][f"{GATED} - {other}"]
        lines.append(
            f"| {what} | {100 * row[other]:.2f} % | {100 * row[GATED]:.2f} % | {_points(row)}; by seed "
            f"{', '.join(f'{100 * value:+.2f}' for value in row['by_seed'])} | {row['n']} |"
        )
    row = document["final"][f"{GATED} - {GOLD}"]
    verdict = "within" if row["difference"] >= -MARGIN else "not within"
    proven = "the whole interval is" if row["low"] > -MARGIN else "the interval reaches below that"
    alone = f"What the bot folder alone teaches gets {100 * document['bot_folder_alone']:.2f} %."
    return [*lines, "", f"{alone} The nightly run ends {verdict} {100 * MARGIN:g} point of the first ({proven}).", ""]


def _poison(document: Mapping[str, Any]) -> list[str]:
    found, guards = document["poisoned_night"], document["guards"]
    lines = [
        "## The poisoned night, and wrong labels",
        "",
        "| seed | decision | planted labels set aside | set aside in all | of these wrong labels |",
        "| --- | --- | --- | --- | --- |",
    ]
    for row in found["by_seed"]:
        lines.append(
            f"| {row['seed']} | {row['decision']} | {row['planted_aside']} of {row['planted_labelled']} | "
            f"{row['set_aside']} | {row['set_aside_wrong']} |"
        )
    return [
        *lines,
        "",
        f"Planted rows: recall {_rate(found['recall'])}, precision {_rate(found['precision_planted'])} (with "
        f"the honest customers' wrong labels: {_rate(found['precision_wrong'])}).",
        "",
        f"Over all nights {guards['wrong']} of {guards['labelled']} labels were wrong, of the confirmed ones "
        f"{_rate(guards['wrong_of_confirmed'])}. The guards set {guards['set_aside']} labels aside: precision "
        f"{_rate(guards['precision'])}, recall {_rate(guards['recall'])}. They refused "
        f"{guards['nights_refused']} nights.",
        "",
    ]


def _nights(document: Mapping[str, Any]) -> list[str]:
    refusals = document["refusals"]
    decided = ", ".join(f"{count} {name}" for name, count in refusals["by_decision"].items())
    checks = ", ".join(f"{name} {count}" for name, count in refusals["by_check"].items()) or "none"
    return [
        "## The other nights",
        "",
        f"{refusals['nights']} nights: {decided}. Checks that said no: {checks}.",
    ]


def _points(row: Mapping[str, Any]) -> str:
    return f"{100 * row['difference']:+.2f} [{100 * row['low']:+.2f}, {100 * row['high']:+.2f}]"


def _rate(rate: Mapping[str, Any]) -> str:
    if rate["value"] is None:
        return "– (none)"
    return f"{100 * rate['value']:.0f} % [{100 * rate['low']:.0f}, {100 * rate['high']:.0f}] of {rate['n']}"


def _percent(share: float) -> str:
    return f"{100 * share:g} %"
