"""`switchboard simulate`: simulated customers against the running server, who know whether they were helped."""

import asyncio
import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from bot.auth import TOKEN_FILE
from bot.cli.output import WRONG_USAGE, Bot, Json, fail, note, print_json, stages, stdout
from bot.errors import SettingsError
from bot.scenarios import ScenarioError, load_scenarios
from bot.settings import bot_dir, home_dir
from eval.simulate.client import Infrastructure, NotSimulated, Server
from eval.simulate.customer import Customer
from eval.simulate.phraser import AsScripted, Phraser
from eval.simulate.report import Document, summarise
from eval.simulate.run import Plan, ServerGone, Simulation
from eval.simulate.truth import TruthError, TruthFile
from eval.simulate.visit import Conversation

simulate = typer.Typer(add_completion=False)


@simulate.command()
def run(
    customers: Annotated[int, typer.Option("--customers", min=1, help="How many customers come.")],
    seed: Annotated[int, typer.Option(help="Everything customers decide comes from it.")] = 0,
    url: Annotated[str | None, typer.Option(help="Address of the server; by default that in var/server.json.")] = None,
    truth: Annotated[
        Path | None, typer.Option(help="File for the truth, a line a conversation; a rerun goes on where it ended.")
    ] = None,
    difficult: Annotated[int, typer.Option(min=0, max=100, help="Percentage of difficult customers.")] = 25,
    repeat: Annotated[int, typer.Option(min=1, max=32, help="Trials of each customer, for pass^k.")] = 1,
    rate: Annotated[float, typer.Option(min=0.01, help="Customers who come a second, at most.")] = 5.0,
    concurrency: Annotated[int, typer.Option(min=1, max=500, help="Customers at a time, at most.")] = 16,
    llm_base_url: Annotated[
        str | None, typer.Option(help="OpenAI-compatible endpoint that words what the script says.")
    ] = None,
    llm_model: Annotated[str | None, typer.Option(help="Name of the model there.")] = None,
    llm_key: Annotated[
        str | None, typer.Option(envvar="SWITCHBOARD_SIMULATE_KEY", show_envvar=True, help="Key of the endpoint.")
    ] = None,
    token_file: Annotated[
        Path | None, typer.Option(help="File with the token of an admin; by default operator.token in var/.")
    ] = None,
    transcripts: Annotated[Path | None, typer.Option(help="File for what was said, to read.")] = None,
    bot: Bot = None,
    as_json: Json = False,
) -> None:
    """Let simulated customers talk to the running server; they know whether they got what they came for."""
    if (llm_base_url is None) != (llm_model is None):
        fail("--llm-base-url and --llm-model go together", WRONG_USAGE)
    try:
        book = load_scenarios(bot_dir(bot))
        server = Server(url or _address(), _token(token_file))
        plan = Plan(customers, seed, difficult, repeat, rate, concurrency)
        file = TruthFile(truth, plan.hash(book, llm_model))
    except (SettingsError, ScenarioError, TruthError) as exc:
        fail(str(exc))
    phraser = _phraser(llm_base_url, llm_model, llm_key)
    _play(Simulation(plan, book, server, file, phraser), transcripts)
    document = {"server": server.url, "seed": seed, "difficult": difficult, "repeat": repeat} | summarise(
        file.lines, repeat
    )
    document["truth"] = str(truth.resolve()) if truth else None
    if as_json:
        print_json(document)
    else:
        _tell(document)


def _phraser(base_url: str | None, model: str | None, key: str | None) -> Phraser:
    if base_url is None or model is None:
        return AsScripted()
    from eval.simulate.llm import Model  # its client takes a second to import

    return Model(base_url, model, key)


def _play(simulation: Simulation, transcripts: Path | None) -> None:
    try:
        with stages() as show:
            asyncio.run(simulation.run(show, _Reader(transcripts)))
    except (Infrastructure, NotSimulated, ServerGone) as exc:
        fail(str(exc))
    except KeyboardInterrupt:
        fail("stopped; with --truth the same command goes on where it stopped")


class _Reader:
    """Writes down what was said."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def __call__(self, customer: Customer, conversation: Conversation) -> None:
        """Append one conversation."""
        if self._path is None:
            return
        verdict, left = conversation.verdict, conversation.left
        told = "broke off" if verdict is None else f"goal met: {verdict.goal_met}"
        head = (
            f"## {conversation.visit.errand.scenario.id} · {customer.persona.name} · arm {conversation.arm} · {told}"
            f" · left {left.left if left else '-'} ({left.why if left else conversation.failure})"
            f" · fault {verdict.fault if verdict else None} · {conversation.conversation_id}"
        )
        body = "\n".join(f"{who}: {text}" for who, text in conversation.lines)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(f"{head}\n{body}\n\n")


def _address() -> str:
    path = home_dir() / "server.json"
    try:
        return str(json.loads(path.read_text(encoding="utf-8"))["url"])
    except (OSError, ValueError, KeyError) as exc:
        raise SettingsError(
            f"no running server found in {path}: start one with `switchboard serve`, or give --url"
        ) from exc


def _token(path: Path | None) -> str:
    path = path or home_dir() / TOKEN_FILE
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as exc:
        raise SettingsError(
            f"cannot read the token {path}: {exc}. That of an admin marks conversations as simulated; give --token-file"
        ) from exc


def _tell(document: Document) -> None:
    for name, title in (("by_scenario", "scenario"), ("by_difficulty", "customers"), ("by_arm", "arm")):
        stdout.print(_table(title, document[name]))
    checks, missed = document["validity"], document["missed"]
    for k, found in document["pass_hat_k"].items():
        if int(k) > 1:
            note(f"pass^{k}: {_percent(found['value'])} over {found['customers']} customers")
    note(
        f"{document['conversations']} conversations of {document['customers']} customers. Of those whose goal was"
        f" missed {_percent(missed['left_silently'])} left silently; of those who were helped"
        f" {_percent(document['met_without_thanks'])} did not thank."
    )
    note(
        f"Validity: the simulator was at fault in {_percent(checks['fault_share'])} of the conversations"
        f" ({_reasons(checks['reasons'])}); line or server failed in {checks['infrastructure']}"
        f" ({_reasons(checks['infrastructure_reasons'])}). Neither is scored."
    )
    if checks["phrased"] or checks["fell_back"]:
        note(
            f"The language model worded {checks['phrased']} messages; {checks['fell_back']} times the script stood in."
        )


def _table(title: str, groups: dict[str, Any]) -> Table:
    table = Table(title)
    for heading in ("n", "goal met", "95 %", "by bots alone", "handoff", "turns", "faults"):
        table.add_column(heading, justify="right")
    for name, row in groups.items():
        interval = "" if row["low"] is None else f"{100 * row['low']:.0f}–{100 * row['high']:.0f}"
        shares = (_percent(row["goal_met"]), interval, _percent(row["resolved"]), _percent(row["handoff"]))
        turns = "" if row["turns"] is None else f"{row['turns']:.1f}"
        table.add_row(name, str(row["n"]), *shares, turns, _percent(row["fault_share"]))
    return table


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %"


def _reasons(reasons: dict[str, int]) -> str:
    return ", ".join(f"{reason} {count}" for reason, count in reasons.items()) or "none"
