"""Proves that the served adapter says what the trained one says: both give the probabilities of the next token."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.request import ProxyHandler, Request, build_opener

import numpy as np

from backends.rag.local_llm import Served
from training.lora.language_model import LanguageModel
from training.lora.lesson import Lesson

LOOKED_AT = 20
"""Most likely next tokens that are compared at each place."""
LEAST_LOG = -7.0
"""Tokens less likely than one in a thousand are left aside: rounding moves them most and nobody reads them."""
MOST_DIFFERENCE = 0.25
"""Mean difference of logs that the rounding of weights and activations to 4 and 8 bits explains (docs/lora.md)."""
PLACES = (0.0, 0.34, 0.67)
"""Where in an answer is looked: before it, and after these shares of its tokens."""
TIMEOUT_S = 60.0
_DIRECT = build_opener(ProxyHandler({}))


class NotEqual(RuntimeError):
    """What would be served is not what was trained."""


class Likeness(NamedTuple):
    """How far served and trained probabilities are apart; natural logs."""

    places: int
    tokens: int
    mean_difference: float
    max_difference: float
    mean_from_plain: float
    """Distance of what is served from the model without adapter: what would be seen if it were not loaded."""
    top_agreement: float
    """Share of places where both find the same token most likely."""
    same_prompts: bool
    """Whether the server writes conversations as the training read them."""


def compare(served: Served, model: LanguageModel, lessons: Sequence[Lesson]) -> Likeness:
    """Ask both at some places of some answers.

    Raises:
        OSError: the server cannot be reached.
    """
    differences: list[float] = []
    from_plain: list[float] = []
    agreed: list[bool] = []
    same = True
    written = int(model.tokenizer("a", add_special_tokens=False)["input_ids"][0])
    for lesson in lessons:
        row = model.row(lesson)
        same = same and _written(served, lesson) == model.prompt(lesson)
        trained, without = model.log_probabilities(row), model.log_probabilities(row, plain=True)
        for place in (round(share * len(trained)) for share in PLACES):
            likely = _next(served, row.ids[: row.answer_at + place], written)
            ours, plain = trained[place], without[place]
            seen = {token: log for token, log in likely.items() if log > LEAST_LOG}
            differences += [abs(log - float(ours[token])) for token, log in seen.items()]
            from_plain += [abs(log - float(plain[token])) for token, log in seen.items()]
            agreed.append(max(likely, key=likely.__getitem__) == int(ours.argmax()))
    return Likeness(
        len(agreed),
        len(differences),
        round(float(np.mean(differences)), 6),
        round(float(np.max(differences)), 6),
        round(float(np.mean(from_plain)), 6),
        float(np.mean(agreed)),
        same,
    )


def check(likeness: Likeness, *, most: float = MOST_DIFFERENCE) -> None:
    """Let pass what rounding explains.

    Raises:
        NotEqual: it does not.
    """
    if not likeness.same_prompts:
        raise NotEqual("the server writes conversations otherwise than the training read them")
    if not likeness.mean_difference <= most:  # not a number is no proof either
        raise NotEqual(
            f"served and trained probabilities differ by {likeness.mean_difference:.3f} in the log, expected at most"
            f" {most}"
        )
    if not likeness.mean_difference < likeness.mean_from_plain:
        raise NotEqual("what is served is nearer to the model without adapter: the adapter has not been applied")


def _next(served: Served, ids: Sequence[int], written: int) -> Mapping[int, float]:
    """The most likely next tokens with their log probabilities, as the server has them.

    Args:
        served: the server.
        ids: what stands before.
        written: a token that it is made to write, since it tells nothing when it would end or write half a character;
            probabilities are told as they were before that.
    """
    body: dict[str, Any] = {
        "prompt": list(ids),
        "n_predict": 1,
        "n_probs": LOOKED_AT,
        "temperature": 0.0,
    }
    body["logit_bias"] = [[written, 1000.0]]
    found = _post(served, "/completion", body)["completion_probabilities"][0]["top_logprobs"]
    return {int(one["id"]): float(one["logprob"]) for one in found}


def _written(served: Served, lesson: Lesson) -> str:
    return str(_post(served, "/apply-template", {"messages": lesson.messages()[:-1]})["prompt"])


def _post(served: Served, path: str, body: Mapping[str, Any]) -> Any:
    headers = {"Authorization": f"Bearer {served.api_key}", "Content-Type": "application/json"}
    request = Request(served.url + path, data=json.dumps(body).encode(), headers=headers)
    with _DIRECT.open(request, timeout=TIMEOUT_S) as response:
        return json.load(response)
