"""The bench: what its rows say, that its customers speak the wire, and that its servers come up."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner
from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.http11 import Request, Response

from backends.bundle import CURRENT, bundles_dir, seal
from backends.classified.calibration import Calibration, Certificate
from backends.content.content import Content
from backends.intent.classifier import Classifier
from bot.settings import load
from eval.bench import consoles, idle_sockets, retrieval, turns
from eval.bench.children import ChildError, naive, serving
from eval.bench.load import closed_loop, offered
from eval.bench.row import Row, latency
from eval.bench.stage import COMMON, Stage
from eval.bench.talkers import Chat, HttpChat, Refused, Talker
from eval.bench.texts import TEXTS
from eval.cli_bench import bench


class Silent:
    """Does not show how far it is."""

    def begin(self, what: str, steps: int) -> None: ...

    def tick(self, steps: int = 1) -> None: ...


class Prompt:
    """Answers after so many seconds, one text at a time."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.asked: list[str] = []
        self._seconds = seconds

    async def ask(self, text: str) -> str:
        self.asked.append(text)
        await asyncio.sleep(self._seconds)
        return f"m{len(self.asked)}"

    async def aclose(self) -> None: ...


@pytest.fixture
def stage(tmp_path: Path, tiny_bundle: Path) -> Stage:
    """A quick run over the tiny bundle."""
    home = tmp_path / "home"
    shutil.copytree(tiny_bundle, bundles_dir(home) / "tiny-0001")
    (bundles_dir(home) / CURRENT).write_text("tiny-0001\n")
    (tmp_path / "scratch").mkdir()
    return Stage(tmp_path / "scratch", home, Silent(), is_quick=True)


# --- rows ----------------------------------------------------------------------------------------------------


def test_a_row_has_the_medians_and_how_many_times_better_ours_is() -> None:
    row = latency("x", [1.0, 2.0, 3.0], baseline=[10.0, 20.0, 30.0], target=2.5)
    assert (row.n, row.p50, row.baseline, row.ratio, row.target) == (3, 2.0, 20.0, 10.0, 2.5)
    assert row.p99 == pytest.approx(2.98)


def test_figures_that_were_not_measured_are_null() -> None:
    document = Row("x", 1, "MB", value=1.23456).to_json()
    assert (document["value"], document["p50"], document["ratio"]) == (1.2346, None, None)


def test_nothing_measured_is_an_error_not_a_row() -> None:
    with pytest.raises(ValueError, match="nothing was measured"):
        latency("x", [])


# --- talkers -------------------------------------------------------------------------------------------------

Answer = Callable[[ServerConnection], Awaitable[None]]


@asynccontextmanager
async def server(answer: Answer, refuse: int | None = None) -> AsyncIterator[int]:
    """A WebSocket server on a free port that confirms the session and then does as told."""

    async def handle(connection: ServerConnection) -> None:
        assert json.loads(await connection.recv())["type"] == "session_request"
        await connection.send('{"type": "session_confirm"}')
        await answer(connection)

    async def gate(_connection: ServerConnection, _request: Request) -> Response | None:
        return Response(refuse, "no", Headers()) if refuse else None

    async with serve(handle, "127.0.0.1", 0, process_request=gate) as running:
        yield next(iter(running.sockets)).getsockname()[1]


async def test_a_chat_gets_its_reply_among_other_frames_of_any_length() -> None:
    async def answer(connection: ServerConnection) -> None:
        said = json.loads(await connection.recv())
        for frame in ({"type": "status"}, {"type": "bot_token", "text": "x" * 70_000}):
            await connection.send(json.dumps(frame))
        await connection.send(json.dumps({"type": "bot_uttered", "reply_to": said["message_id"], "text": "y" * 300}))
        await connection.wait_closed()

    async with server(answer) as port:
        chat = await Chat.open(port)
        assert await chat.ask("hello " * 100)
        await chat.aclose()


async def test_a_chat_answers_pings_so_that_it_is_not_dropped() -> None:
    ponged = asyncio.Event()

    async def answer(connection: ServerConnection) -> None:
        await (await connection.ping())
        ponged.set()

    async with server(answer) as port:
        chat = await Chat.open(port)
        async with asyncio.timeout(5):
            await ponged.wait()
        await chat.aclose()


async def test_an_error_frame_ends_the_wait() -> None:
    async def answer(connection: ServerConnection) -> None:
        await connection.recv()
        await connection.send('{"type": "error", "code": "rate_limited"}')
        await connection.wait_closed()

    async with server(answer) as port:
        chat = await Chat.open(port)
        with pytest.raises(Refused, match="rate_limited"):
            await chat.ask("hello")
        await chat.aclose()


async def test_a_lost_connection_ends_the_wait() -> None:
    async def answer(connection: ServerConnection) -> None:
        await connection.recv()

    async with server(answer) as port:
        chat = await Chat.open(port)
        with pytest.raises(ConnectionError):
            await chat.ask("hello")


async def test_a_refused_connection_says_with_what_status() -> None:
    async def answer(_connection: ServerConnection) -> None: ...

    async with server(answer, refuse=403) as port:
        with pytest.raises(Refused, match="403"):
            await Chat.open(port)


# --- load ----------------------------------------------------------------------------------------------------


async def test_a_closed_loop_asks_again_when_the_reply_is_there() -> None:
    talkers = [Prompt(0.001), Prompt(0.001)]
    load = await closed_loop(talkers, 0.05)
    assert len(load.ms) == len(load.ids) == sum(len(talker.asked) for talker in talkers) > 2
    assert load.per_second == pytest.approx(len(load.ms) / load.seconds)


async def test_offered_load_comes_at_its_rate_and_goes_round_the_texts() -> None:
    talkers = [Prompt() for _ in range(4)]
    load = await offered(talkers, 400, 0.2)
    assert [len(talker.asked) for talker in talkers] == [20, 20, 20, 20]
    assert load.seconds >= 79 / 400
    assert {text for talker in talkers for text in talker.asked} == set(TEXTS)


async def test_a_server_that_is_late_does_not_slow_the_offered_load_down() -> None:
    load = await offered([Prompt(0.02)], 200, 0.1)
    assert max(load.ms) > 100
    """The twentieth turn was due after 95 ms and could begin only after 380."""


# --- stage ---------------------------------------------------------------------------------------------------


def test_the_measured_bundle_is_the_current_one_answering_everything(stage: Stage) -> None:
    classifier = Classifier.load(stage.bundle())
    assert classifier.classify(["quantum fields"])[0].intent is not None
    assert stage.is_trained()


def test_a_proven_threshold_of_the_current_bundle_turns_no_text_away(stage: Stage) -> None:
    folder = bundles_dir(stage.home) / "tiny-0001"
    proven = (Certificate(0.02, 0.95, 0.99, n=300, answered=200, errors=0),)
    replace(Calibration.load(folder), certificates=proven).write(folder)
    seal(folder)
    assert Classifier.load(stage.bundle()).thresholds_for(0.02).min_confidence == 0.0


def test_the_bot_folder_of_the_bench_is_a_valid_one(stage: Stage) -> None:
    folder = stage.bot("intent")
    content = Content.load(folder)
    problems = content.check(Classifier.load(stage.bundle()).intents)
    assert [problem.where for problem in problems if problem.level == "error"] == ["flows.yml: handoff"]
    """No text of the bench may end with a person: its conversations would fall silent."""
    assert load(folder).routing.arms[0].chain == ("intent",)
    assert f"utter_{COMMON[0]}" in content.responses


# --- the command ---------------------------------------------------------------------------------------------


def test_an_unknown_measurement_is_wrong_usage() -> None:
    result = CliRunner().invoke(bench, ["--only", "warp"])
    assert result.exit_code == 2
    assert "known: text_to_intent" in result.output.replace("\n", " ")


def test_json_has_one_row_for_each_figure(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SWITCHBOARD_HOME", str(stage.home))
    result = CliRunner().invoke(bench, ["--quick", "--only", "retrieval", "--json"])
    (row,) = json.loads(result.stdout)["rows"]
    assert (row["name"], row["unit"], row["n"]) == ("retrieval", "ms", 64)
    assert 0 < row["p50"] <= row["p99"]


def test_a_search_is_measured_among_the_promised_number_of_passages(stage: Stage) -> None:
    (row,) = retrieval.measure(stage)
    assert "1000 passages" in row.note


# --- whole processes -----------------------------------------------------------------------------------------


@pytest.mark.slow
def test_every_turn_is_answered_and_its_time_in_the_model_is_known(stage: Stage) -> None:
    home = stage.server_home("turns")
    with serving(stage.bot("intent"), home) as child:

        async def talk() -> tuple[list[str], int]:
            chats: list[Talker] = [await Chat.open(child.port) for _ in range(8)]
            load = await offered(chats, 40, 1.0)
            for chat in chats:
                await chat.aclose()
            return load.ids, len(load.ms)

        ids, times = asyncio.run(talk())
        encode = turns.model_ms(home / turns.STORE)
        assert child.rss_mb() > 10
        assert not child.maps("libtorch")
    assert times == 40
    assert set(ids) == set(encode)


@pytest.mark.slow
def test_operators_who_watch_hear_of_every_turn_and_their_lists_are_timed(stage: Stage) -> None:
    overhead, page = consoles.measure(stage)
    assert (overhead.n, overhead.p50 is not None, overhead.baseline is not None) == (20, True, True)
    assert page.n >= consoles.OPERATORS
    assert int(page.note.split()[-2]) >= consoles.OPERATORS * overhead.n


@pytest.mark.slow
def test_idle_chats_are_small(stage: Stage) -> None:
    each, whole = idle_sockets.measure(stage)
    assert each.value is not None
    assert each.value < 40
    assert whole.value is not None
    assert whole.value < 2 * idle_sockets.TARGET_MB


@pytest.mark.slow
def test_a_server_that_ends_at_once_is_a_clear_error(tmp_path: Path) -> None:
    with (
        pytest.raises(ChildError, match="is not a bot folder"),
        serving(tmp_path / "nowhere", tmp_path / "home"),
    ):
        pass


@pytest.mark.slow
def test_text_to_intent_beats_a_pipeline_of_the_same_architecture(tmp_path: Path) -> None:
    from eval.bench import text_to_intent  # imports torch

    stage = Stage(tmp_path, tmp_path / "empty", Silent(), is_quick=True)
    alone, row = text_to_intent.measure(stage)
    assert alone.p50 is not None
    assert alone.baseline is None
    assert row.ratio is not None
    assert row.ratio > 3
    assert "untrained" in row.note
    assert (stage.pipeline_model() / "config.json").is_file()


@pytest.mark.slow
def test_the_other_side_answers_with_an_intent(stage: Stage) -> None:
    with naive(stage.pipeline_model(), stage.folder / "naive.log") as child:

        async def ask() -> None:
            chat = await HttpChat.open(child.port)
            await chat.ask("where is my parcel?")
            await chat.aclose()

        asyncio.run(ask())
        child.check()
