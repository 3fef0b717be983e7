"""Techniques that ask a language model: one function of `Place` for each."""

from training.techniques.prompted.asker import Asker, Purse, price_of
from training.techniques.prompted.chat import Chat
from training.techniques.prompted.ledger import Ledger
from training.techniques.prompted.server import open_server
from training.techniques.prompted.settings import EndpointSettings, Options
from training.techniques.prompted.technique import Prompted, Style
from training.techniques.table import Place

STYLES = {
    style.name: style
    for style in (
        Style("zero_shot", "zero_shot"),
        Style("constrained", "constrained", is_json=True),
        Style("one_shot", "few_shot", shows="one"),
        Style("few_shot", "few_shot", shows="many"),
        Style("retrieved", "retrieved", shows="nearest", is_json=True),
        Style("chain_of_thought", "chain_of_thought", is_json=True, is_reasoned=True),
    )
}


def zero_shot(place: Place) -> Prompted:
    """The labels, and nothing else."""
    return build_prompted(STYLES["zero_shot"], place)


def constrained(place: Place) -> Prompted:
    """The labels, and answers bound to them."""
    return build_prompted(STYLES["constrained"], place)


def one_shot(place: Place) -> Prompted:
    """The labels and one example."""
    return build_prompted(STYLES["one_shot"], place)


def few_shot(place: Place) -> Prompted:
    """The labels and as many fixed examples as fit."""
    return build_prompted(STYLES["few_shot"], place)


def retrieved(place: Place) -> Prompted:
    """Examples like the text, and answers bound to their labels."""
    return build_prompted(STYLES["retrieved"], place)


def chain_of_thought(place: Place) -> Prompted:
    """The labels, a reason before the answer, and answers bound to the labels."""
    return build_prompted(STYLES["chain_of_thought"], place)


def build_prompted(style: Style, place: Place) -> Prompted:
    """Put a technique together from a study's tables.

    Raises:
        ValidationError: a table has a wrong or misspelt key.
        StudyStopped: there is no key for the endpoint, or no price to keep the budget by.
    """
    settings = EndpointSettings.model_validate(dict(place.endpoint))
    options = Options.model_validate(dict(place.options))
    if settings.is_embedded:
        settings = settings.for_embedded()
    server = open_server(settings, threads=place.threads)
    prices, budget_usd = ({}, None) if settings.is_embedded else (place.prices, place.budget_usd)
    price = price_of(prices, server.model, budget_usd=budget_usd)
    asker = Asker(Chat(settings, server), settings, server, Purse(Ledger(place.cache, budget_usd), price))
    return Prompted(style, asker, server, home=place.home, options=options, workers=settings.parallel)
