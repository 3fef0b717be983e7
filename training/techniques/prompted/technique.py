"""A chat endpoint is asked for the intent: techniques differ in what a prompt shows and in how answers are bound."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, NamedTuple

from bot.redact import redact
from training.dataset import OOS, Example
from training.embedding import embed_anew, encoder_bytes
from training.techniques.prompted.asker import Asker
from training.techniques.prompted.chat import Request
from training.techniques.prompted.errors import CallFailed
from training.techniques.prompted.labels import Labels, Parsed
from training.techniques.prompted.ledger import Answer
from training.techniques.prompted.prompt import Message, Prompt, Shot, correction, load_prompt, tokens_of
from training.techniques.prompted.server import Server
from training.techniques.prompted.settings import Options
from training.techniques.prompted.shelf import Shelf, fixed
from training.techniques.technique import Guess, Meter, Step

TRIES = 2
"""An answer that is none is asked for once more."""
MAX_CHARS = 1000
"""Of a text or an example; the rest is cut."""


@dataclass(frozen=True, slots=True)
class Style:
    """What makes one prompted technique."""

    name: str
    prompt: str
    """File of its words."""
    shows: Literal["nothing", "one", "many", "nearest"] = "nothing"
    is_json: bool = False
    """Whether the answer is an object, bound to a schema where the endpoint can."""
    is_reasoned: bool = False
    """Whether a reason comes before the intent."""


class _Question(NamedTuple):
    messages: list[Message]
    intents: Sequence[str]
    """Labels that may be answered."""


class Prompted:
    """Asks a chat endpoint for the intent of each text."""

    def __init__(
        self, style: Style, asker: Asker, server: Server, *, home: Path, options: Options, workers: int
    ) -> None:
        """Put the parts together; nothing is asked yet.

        Args:
            style: which technique.
            asker: asks the endpoint.
            server: where it is; closed with this.
            home: the `var/` folder, with the encoder.
            options: of the study.
            workers: texts at once.
        """
        self.name = style.name
        self.meter = Meter()
        self._style, self._asker, self._server, self._home = style, asker, server, home
        self._options, self._workers = options, workers
        self._is_json = style.is_json if options.constrained is None else options.constrained or style.is_reasoned
        self._prompt: Prompt = load_prompt(style.prompt)
        self._labels: Labels | None = None
        self._opening: list[Message] = []
        self._shelf: Shelf | None = None
        self._own_bytes = 0
        """Held in memory beside the language model."""

    def fit(self, examples: Sequence[Example], *, seed: int, progress: Step) -> None:
        """Take the labels, and the examples that the prompt shows.

        Raises:
            BackendError: examples are to be retrieved, and there is no encoder.
        """
        if self._style.shows == "nearest":
            embed_anew([], self._home)  # makes and opens the encoder: that is no cost of this cell
        with self.meter.training():
            rows = [Example(redact(row.text)[:MAX_CHARS], row.intent or OOS, row.source) for row in examples]
            self._labels = labels = Labels(row.intent for row in rows)
            self._opening = self._prompt.opening(labels.listed())
            if self._style.shows == "nearest":
                self._shelf = Shelf(rows, self._home)
                self.meter.disk_bytes = self._shelf.size_bytes
            elif self._style.shows != "nothing":
                shots = [self._shot(labels, row) for row in self._fixed(labels, rows, seed)]
                self.meter.labels = len(shots)
                self._opening = self._prompt.opening(labels.listed(), shots)
            self.meter.disk_bytes += sum(len(message["content"].encode()) for message in self._opening)
            self._own_bytes = self.meter.disk_bytes + (encoder_bytes(self._home) if self._shelf else 0)
            progress(1, 1)

    def predict(self, texts: Sequence[str]) -> list[Guess]:
        """Ask for each text.

        Raises:
            RuntimeError: it was not fitted.
            StudyStopped: the budget is spent, or the endpoint does not let us in; what was answered is kept.
        """
        if self._labels is None:
            raise RuntimeError(f"{self.name}: fit it first")
        with self._metered():
            cleaned = [redact(text)[:MAX_CHARS] for text in texts]
            questions = self._questions(self._labels, cleaned)
            if self._workers == 1 or len(texts) == 1:
                guesses = [self._guess(self._labels, question) for question in questions]
            else:
                guesses = self._at_once(self._labels, questions)
        self.meter.failures += sum(guess.intent is None for guess in guesses)
        return guesses

    def close(self) -> None:
        """End the embedded model and close the ledger; safe to call twice."""
        self._asker.close()
        self._server.close()

    def _at_once(self, labels: Labels, questions: Sequence[_Question]) -> list[Guess]:
        """Ask several at a time; the first refusal ends the rest before they are sent."""
        with ThreadPoolExecutor(self._workers) as pool:
            futures = [pool.submit(self._guess, labels, question) for question in questions]
            try:
                return [future.result() for future in futures]
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def _questions(self, labels: Labels, texts: Sequence[str]) -> list[_Question]:
        if self._shelf is None:
            return [_Question([*self._opening, self._prompt.question(text)], labels.intents) for text in texts]
        questions, count = [], self._options.count(is_embedded=self._server.is_embedded)
        for text, rows in zip(texts, self._shelf.nearest(texts, count), strict=True):
            shots = [self._shot(labels, row) for row in reversed(rows)]  # a model heeds most what it read last
            messages = [*self._prompt.opening(labels.listed(), shots), self._prompt.question(text)]
            questions.append(_Question(messages, tuple(dict.fromkeys(row.intent for row in rows))))
        return questions

    def _guess(self, labels: Labels, question: _Question) -> Guess:
        if len(question.intents) == 1:
            return Guess(question.intents[0], 1.0)  # there is nothing to choose from
        messages, guess = question.messages, Guess(None, 0.0, "prose")
        for _ in range(TRIES):
            request = self._request(labels, question._replace(messages=messages))
            try:
                answer = self._asker.ask(request)
            except CallFailed as exc:
                return Guess(None, 0.0, exc.code)
            self._count(answer)
            guess = self._read(labels, question, answer)
            if guess.intent is not None or guess.failure == "refusal":
                return guess
            messages = [*question.messages, *correction(answer.text)]
        return guess

    def _read(self, labels: Labels, question: _Question, answer: Answer) -> Guess:
        if answer.finish in {"refusal", "content_filter"}:
            return Guess(None, 0.0, "refusal")
        parsed = labels.parse(answer.text, is_json=self._is_json)
        if parsed.intent is not None and parsed.intent not in question.intents:
            parsed = Parsed(None, "unknown_label")
        if parsed.intent is None:
            return Guess(None, 0.0, "cut_off" if answer.finish == "length" else parsed.failure)
        return Guess(parsed.intent, answer.confidence)

    def _request(self, labels: Labels, question: _Question) -> Request:
        longest = (
            max(len(labels.shown(name).encode()) for name in question.intents) // 2
        )  # tokens have two bytes and more
        room = 12 + longest
        if not self._is_json:
            return Request(question.messages, room)
        chars = None
        if self._style.is_reasoned:
            chars = self._options.reason_chars
            room += chars
        return Request(question.messages, room, labels.schema(question.intents, reason_chars=chars))

    def _fixed(self, labels: Labels, rows: Sequence[Example], seed: int) -> list[Example]:
        is_embedded = self._server.is_embedded
        room = self._options.prompt_tokens(is_embedded=is_embedded) - tokens_of(self._opening)

        def cost(row: Example) -> int:
            shot = self._shot(labels, row)
            return tokens_of(self._prompt.opening("", [shot])[1:])

        most = 1 if self._style.shows == "one" else None
        return fixed(rows, seed=seed, most=most, tokens=max(room, max(map(cost, rows)) if most else 0), cost=cost)

    def _shot(self, labels: Labels, row: Example) -> Shot:
        return Shot(row.text, labels.answer(row.intent, is_json=self._is_json))

    def _count(self, answer: Answer) -> None:
        with self._asker.guard:
            self.meter.prompt_tokens += answer.prompt_tokens
            self.meter.completion_tokens += answer.completion_tokens
            self.meter.cost_usd += answer.usd

    @contextmanager
    def _metered(self) -> Iterator[None]:
        """Count the embedded model's processor time and memory too, and what kept answers had taken."""
        cpu_s, calls, kept = self._server.cpu_s(), self._asker.calls, replace(self._asker.kept)
        try:
            with self.meter.predicting():
                yield
        finally:
            now = self._asker.kept
            self.meter.predict_cpu_s += self._server.cpu_s() - cpu_s + now.cpu_s - kept.cpu_s
            self.meter.calls += self._asker.calls - calls + now.calls - kept.calls
            self.meter.kept_s += now.wall_s - kept.wall_s
            model = max(self._server.memory_bytes(), now.memory_bytes)
            self.meter.peak_bytes = max(self.meter.peak_bytes, model)
            self.meter.held_bytes = max(self.meter.held_bytes, self._own_bytes + model)
