"""The answer of a study as one document: curves, differences, crossings, costs, and what follows from them. Pure."""

from collections.abc import Iterable
from typing import Any

from eval.study.cheapest import cheapest
from eval.study.costs import costs
from eval.study.crossing import crossings
from eval.study.curves import curves
from eval.study.differences import below_its_retriever, differences, leaders
from eval.study.notes import limits, notes
from eval.study.point import Point
from eval.study.protocol import Protocol
from eval.study.resampling import Resampling
from eval.study.rigidity import rigidity, take_up
from eval.study.scores import gather
from eval.study.verdict import family_duels, representatives, verdict
from eval.study.worth import next_labels

DEFINITION = "study/1"
"""Of the figures; changed ones are announced as not comparable."""


def answer(points: Iterable[Point], protocol: Protocol) -> dict[str, Any]:
    """Answer the study's question from its finished cells, however many there are.

    Args:
        points: cells of every status.
        protocol: for tariffs and endpoint.
    """
    points = list(points)
    scores, resampling = gather(points), Resampling()
    found = curves(points, scores, resampling)
    retriever = below_its_retriever(scores, resampling)
    priced = costs(found, protocol.tariffs, is_embedded=not protocol.endpoint.get("base_url"))
    stiff = rigidity(found, scores, resampling)
    document: dict[str, Any] = {
        "definition": DEFINITION,
        "points": [{k: v for k, v in point.to_document().items() if k != "right"} for point in points],
        "curves": found,
        "leaders": leaders(scores, resampling),
        "representatives": representatives(scores),
        "differences": differences(scores, resampling),
        "crossings": crossings(scores, resampling),
        "duels": family_duels(scores, resampling),
        "costs": priced,
        "cheapest": cheapest(priced, protocol.tariffs.months),
        "next_labels": next_labels(scores, protocol.tariffs, resampling),
        "rigidity": stiff,
        "take_up": take_up(stiff),
        "retriever": retriever,
        "notes": notes(points, found, retriever),
        "limits": limits(points, protocol),
        "tariffs": protocol.tariffs.model_dump(),
        "protocol": protocol.model_dump(mode="json"),
        "machines": sorted({point.machine for point in points if point.machine}),
        "versions": {name: version for point in points for name, version in point.versions.items()},
        "from": min((point.at for point in points if point.at), default=None),
        "to": max((point.at for point in points if point.at), default=None),
    }
    sentences = verdict(document, document["duels"], protocol.tariffs)
    return {**document, "verdict": " ".join(sentences), "sentences": sentences}
