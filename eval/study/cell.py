"""Cells: what a study has to run, and what each teaches and asks. Knows no technique but by its entry in the table."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

from eval.study.draw import draw, newcomers, with_noise
from eval.study.families import asks_endpoint
from eval.study.material import Material, Rows
from eval.study.point import ALL, MAIN, NO_EXAMPLES, OUT_OF_SCOPE, SHIFT, UNSEEN
from eval.study.protocol import NOISE, Plan, Protocol, hash_of
from training.techniques.table import TABLE

DEFINITION = 1
"""Of what a cell measures. A change makes the points of before another study's."""
SHAPING = ("json_schema", "logprobs", "temperature", "max_tokens", "extra")
"""Keys of `[endpoint]` that change answers; where none is given, the key of a cell does not know of them."""
LEAST_INTENTS = 3
"""With fewer nothing can come later or stay out of scope, and leave two to choose from."""
PROMPTS = Path(__file__).parents[2] / "training" / "techniques" / "prompted" / "prompts"


@dataclass(frozen=True, slots=True)
class Cell:
    """One technique at one amount of data, one draw and one setting."""

    technique: str
    setting: str
    size: str
    seed: int
    rows: str
    """Which test rows: `all` or `subset-N`."""
    key: str

    def to_document(self) -> dict[str, Any]:
        """Its fields, as JSON has them."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a cell teaches and asks."""

    examples: Rows
    test: Rows
    outside: Rows = ()
    """Asked too, and in no intent: held-out intents of the same field."""
    far: Rows = ()
    """Asked too: texts out of scope that the data has."""
    same: Rows = ()
    """Asked too: rows of the style that was trained on."""
    new: frozenset[str] = frozenset()
    """Intents that came later."""
    is_untaught: bool = False
    """The examples only name the intents."""


class _Texts(NamedTuple):
    there: int
    """Test rows of a setting."""
    most: int
    """Examples to draw from that the largest intent has."""
    hashes: Mapping[str, str]


Batch = tuple[Cell, ...]
"""Cells of one line of the plot, smallest size first: they share a process."""


def batches_of(protocol: Protocol, material: Material) -> list[Batch]:
    """List everything there is to run: the main setting first, draw by draw, the cheap techniques before the dear."""
    plan, found, hashes = protocol.study, [], material.hashes()
    ranked = sorted(plan.techniques, key=lambda name: (TABLE[name].is_llm, plan.techniques.index(name)))
    for setting in sorted(plan.settings, key=lambda name: name != MAIN):
        if setting in {UNSEEN, OUT_OF_SCOPE} and len(material.intents) < LEAST_INTENTS:
            continue
        texts = _texts_of(setting, material, hashes)
        for seed in range(plan.seeds if setting == MAIN else min(plan.setting_seeds, plan.seeds)):
            for name in ranked:
                sizes = _without_alike(_sizes(plan, name, setting, seed), texts.most)
                found.append(tuple(_cell(protocol, texts, name, setting, size, seed) for size in sizes))
    return [batch for batch in found if batch]


def lesson_of(cell: Cell, material: Material, protocol: Protocol) -> Lesson:
    """Draw what a cell teaches and asks."""
    plan, most = protocol.study, _most(cell.rows)
    size, is_untaught = ("1", True) if cell.size == NO_EXAMPLES else (cell.size, False)
    train, test = material.train, material.test[:most]
    later = newcomers(material.intents, plan.unseen_share)
    match cell.setting:
        case "main":
            return Lesson(draw(train, size, cell.seed), test, is_untaught=is_untaught)
        case "noise-10" | "noise-20":
            drawn = draw(train, size, cell.seed)
            return Lesson(with_noise(drawn, NOISE[cell.setting], cell.seed), test)
        case "shift":
            drawn = draw(material.plain, size, cell.seed)
            same = material.plain_test[:most]
            return Lesson(drawn, material.styled_test[:most], same=same, is_untaught=is_untaught)
        case "unseen":
            old = draw([row for row in train if row.intent not in later], plan.unseen_base, cell.seed)
            new = draw([row for row in train if row.intent in later], size, cell.seed)
            return Lesson((*old, *new), test, new=later)
        case _:
            drawn = draw([row for row in train if row.intent not in later], size, cell.seed)
            inside = tuple(row for row in material.test if row.intent not in later)[:most]
            outside = tuple(row for row in material.test if row.intent in later)[:most]
            return Lesson(drawn, inside, outside, far=material.outside[:most], is_untaught=is_untaught)


def _sizes(plan: Plan, name: str, setting: str, seed: int) -> Sequence[str]:
    """Sizes of one line, from few to all; none where the setting changes nothing for the technique."""
    entry = TABLE[name]
    if setting != MAIN and plan.setting_techniques is not None and name not in plan.setting_techniques:
        return ()
    if entry.learns_from == "nothing":
        return (NO_EXAMPLES,) if seed == 0 and setting in {MAIN, SHIFT, OUT_OF_SCOPE} else ()
    if entry.learns_from == "one":
        return ("1",)
    sizes = plan.setting_sizes if setting != MAIN else plan.llm_sizes if entry.is_llm else plan.sizes
    sizes = plan.sizes_of.get(name, sizes) if setting == MAIN else sizes
    return sorted(set(sizes), key=lambda size: (size == ALL, 0 if size == ALL else int(size)))


def _without_alike(sizes: Sequence[str], most: int) -> Sequence[str]:
    """Of sizes that draw every example there is, `all` if it is asked for, else the smallest."""
    whole = [size for size in sizes if size == ALL or int(size) >= most]
    kept = ALL if ALL in whole else next(iter(whole), None)
    return [size for size in sizes if size not in whole or size == kept]


def _texts_of(setting: str, material: Material, hashes: Mapping[str, str]) -> _Texts:
    is_shift = setting == SHIFT
    parts = ("plain", "plain_test", "styled_test") if is_shift else ("train", "test", "outside")
    there = len(material.styled_test if is_shift else material.test)
    drawn_from = Counter(row.intent for row in (material.plain if is_shift else material.train))
    return _Texts(
        there, max(drawn_from.values(), default=0), {part: value for part, value in hashes.items() if part in parts}
    )


def _cell(protocol: Protocol, texts: _Texts, name: str, setting: str, size: str, seed: int) -> Cell:
    plan, entry = protocol.study, TABLE[name]
    wanted = plan.llm_test_rows if entry.is_llm else plan.test_rows
    rows = ALL if wanted == ALL or int(wanted) >= texts.there else f"subset-{wanted}"
    special = [plan.unseen_share, plan.unseen_base] if setting in {UNSEEN, OUT_OF_SCOPE} else []
    key = hash_of(
        DEFINITION, texts.hashes, rows, name, size, seed, setting, special, plan.encoder, _own(protocol, name)
    )
    return Cell(name, setting, size, seed, rows, key)


def _own(protocol: Protocol, name: str) -> dict[str, Any]:
    """What else defines a technique: its options and, for those that ask an endpoint, the model and the prompts."""
    own: dict[str, Any] = {"options": protocol.techniques.get(name, {})}
    if asks_endpoint(name):
        own["endpoint"] = {key: protocol.endpoint.get(key) for key in ("base_url", "model")}
        own["endpoint"] |= {key: protocol.endpoint[key] for key in SHAPING if key in protocol.endpoint}
        own["prompts"] = [hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(PROMPTS.glob("*.md"))]
    return own


def _most(rows: str) -> int | None:
    return None if rows == ALL else int(rows.removeprefix("subset-"))


def cells_of(batches: Sequence[Batch]) -> Iterator[Cell]:
    """All cells of all batches."""
    for batch in batches:
        yield from batch
