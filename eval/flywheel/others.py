"""The loops beside the real one: one that believes everything, one that is told the truth."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from backends.content.content import NONE_OF_THESE
from eval.flywheel.day import Crowd, Talk, live
from eval.flywheel.gated import SETTINGS, Gated
from eval.flywheel.logbook import ROUTING
from eval.flywheel.plan import LEAST_BELIEVED
from eval.flywheel.points import ALL, GOLD, LABELLED, NAIVE, Point
from eval.flywheel.pupil import Pupil, teach
from eval.flywheel.school import School
from eval.flywheel.score import marks
from eval.flywheel.stream import Asked, Stream
from training.dataset import Dataset, Example
from training.nightly.sides import judges
from training.split import normalise


@dataclass(slots=True)
class Naive:
    """Trains every night on all it believes: corrections, choices, and its own confident replies. Always promotes.

    It has customers of its own, who ask the same and behave alike, but talk to its own model.
    """

    stream: Stream
    school: School
    folder: Path
    _model: tuple[int, Pupil] | None = None

    def run(self, night: int) -> Point:
        """Let a day pass, believe it, train."""
        if night:
            self._pass_day(night)
        dataset = self._dataset(night)
        pupil = teach(self.school, dataset)
        self._model = (night, pupil)
        right = marks(self.stream, night, pupil.classify([row.text for row in self.stream.test]))
        return Point(self.stream.seed, NAIVE, night, right, "promoted", rows=len(dataset.examples))

    def _pass_day(self, day: int) -> None:
        if self._model is None or self._model[0] != day - 1:
            self._model = (day - 1, teach(self.school, self._dataset(day - 1)))
        pupil, asked = self._model[1], self.stream.day(day)
        limits = pupil.calibration.thresholds_for(ROUTING.error_budget)
        crowd = Crowd(self.stream.intents, (self.stream.seed, day))
        talks = live(asked, pupil.classify([row.text for row in asked]), limits, crowd)
        rows = [{"text": talk.asked.text, "intent": label} for talk in talks if (label := believed(talk))]
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / f"{day:04}.json").write_text(json.dumps(rows), encoding="utf-8")

    def _dataset(self, night: int) -> Dataset:
        files = [self.folder / f"{day:04}.json" for day in range(1, night + 1)]
        rows = [row for path in files for row in json.loads(path.read_text(encoding="utf-8"))]
        return newest([*self.stream.own, *(Example(row["text"], row["intent"], "believed") for row in rows)])


def believed(talk: Talk) -> str | None:
    """What a shop without guards takes a message to have meant: a correction, a choice, or its own confident reply."""
    if talk.corrected is not None:
        return talk.corrected
    if talk.pressed is not None:
        return None if talk.pressed == NONE_OF_THESE else talk.pressed
    return talk.self_label if (talk.confidence or 0.0) >= LEAST_BELIEVED else None


@dataclass(slots=True)
class Gold:
    """Is told what the texts mean that the real loop has labels for."""

    stream: Stream
    school: School
    real: Gated

    def run(self, night: int) -> Point:
        """Train on the truth about the texts that the real loop may train on, those that its guards set aside too."""
        rows = self._labelled(night)
        judging = {normalise(row.text) for row in rows if _judges(row)}
        return _on_truth(self, GOLD, night, [row for row in rows if normalise(row.text) not in judging])

    def run_labelled(self, night: int) -> Point:
        """Train also on the truth about the texts that the real loop keeps for its gate."""
        return _on_truth(self, LABELLED, night, self._labelled(night))

    def run_all(self, night: int) -> Point:
        """Train on the truth about every text that was asked, labelled or not."""
        return _on_truth(self, ALL, night, [row for day in self.stream.days[:night] for row in day])

    def _labelled(self, night: int) -> list[Asked]:
        asked = {row.turn_id: row for day in self.stream.days[:night] for row in day}
        return [asked[row.turn_id] for row in self.real.labelled(night)] if night else []


def _judges(row: Asked) -> bool:
    return judges(row.conversation_id, SETTINGS.gold_share)


def _on_truth(loop: Gold, name: str, night: int, asked: Iterable[Asked]) -> Point:
    dataset = newest([*loop.stream.own, *(Example(row.text, row.intent, "truth") for row in asked)])
    pupil = teach(loop.school, dataset)
    right = marks(loop.stream, night, pupil.classify([row.text for row in loop.stream.test]))
    return Point(loop.stream.seed, name, night, right, "promoted", rows=len(dataset.examples))


def newest(rows: Sequence[Example]) -> Dataset:
    """One row a text: the newest label holds."""
    by_text: Mapping[str, Example] = {normalise(row.text): row for row in rows}
    return Dataset.of(by_text.values())
