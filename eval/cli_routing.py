"""`switchboard eval routing`: what another routing would have resolved, or why the logs cannot tell."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from bot.cli.output import REFUSED, Bot, Json, fail, note, print_json, stages, stdout
from bot.errors import SettingsError, StoreError
from bot.settings import bot_dir, home_dir, load
from bot.store.reader import Reader
from eval.cli_resolution import STORE, AsOf, Since, Source, Sources, judged_logs, span_of
from eval.counterfactual.answer import LEAST_EFFECTIVE, answer, read_answered
from eval.counterfactual.policy import PolicyError, read_policy
from eval.resolution.page import percent, span
from eval.resolution.reading import EMPTY
from eval.resolution.treatment import newest


def routing(
    policy: Annotated[Path, typer.Option("--policy", help="A routing as JSON, TOML or YAML, in the form of the API.")],
    since: Since = None,
    as_of: AsOf = None,
    source: Sources = Source.live,
    least: Annotated[
        int, typer.Option("--least", min=2, help="Customers that the weighted ones must be worth.")
    ] = LEAST_EFFECTIVE,
    bot: Bot = None,
    as_json: Json = False,
) -> None:
    """Estimate what another routing would have resolved; exit status 3 where the logs do not support an answer."""
    wanted = span_of(since, as_of, source)
    try:
        settings = load(bot_dir(bot))
        with stages() as show:
            logs = judged_logs(home_dir(), wanted, settings, show)
        asked = read_policy(policy, newest(logs))
        answered = {}
        if logs is not EMPTY:
            reader = Reader(home_dir() / STORE)
            answered = reader.read_now(lambda db: read_answered(db, wanted))
            reader.close()
        document = answer(logs, answered, asked, least=least)
    except (SettingsError, StoreError, PolicyError) as exc:
        fail(str(exc))
    if as_json:
        print_json(document)
    else:
        _tell(document)
    if document["refused"]:
        raise typer.Exit(REFUSED)


def _tell(document: Mapping[str, Any]) -> None:
    if document["chains"]:
        table = Table("chain")
        for heading in ("share of customers", "conversations that show it", "resolved"):
            table.add_column(heading, justify="right")
        for row in document["chains"]:
            cells = (percent(row["share"]), str(row["conversations"]), percent(row["rate"]))
            table.add_row(" → ".join(row["chain"]), *cells)
        stdout.print(table)
    if document["refused"]:
        note(f"No answer: {'; '.join(document['reasons'])}.")
        bounds = document.get("bounds")
        if bounds:
            note(f"What the logs do show leaves {percent(bounds['low'])} to {percent(bounds['high'])} possible.")
        return
    if corrected := document["corrected"]:
        note(
            f"By {corrected['audits']} audits it would truly have resolved {percent(corrected['estimate'])}"
            f" ({span(corrected)})."
        )
    robust, snips, ips = (document[name] for name in ("doubly_robust", "snips", "ips"))
    print(
        f"This routing would have resolved {percent(document['estimate'])} ({span(document)});"
        f" the routing in force resolved {percent(document['logged']['value'])} ({span(document['logged'])})."
    )
    note(
        f"Doubly robust {percent(robust['value'])}, self-normalised {percent(snips['value'])}, inverse propensity"
        f" {percent(ips['value'])}; {document['used']} of {document['n']} conversations used, worth"
        f" {document['effective_n']:.0f} customers. Definition {document['definition']}."
    )
