"""Words with the part they play."""

import pytest

from backends.rag.tokens import Kind, stem, tokens


def keys(text: str, *kinds: Kind) -> list[str]:
    """What is compared, of some kinds."""
    return [token.key for token in tokens(text) if token.kind in kinds]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12.90 EUR", ["12.9", "eur"]),
        ("€12.90", ["12.9", "eur"]),
        ("EUR 1,000", ["1000", "eur"]),
        ("2-3 working days", ["2", "3", "working", "day"]),
        ("2 to 3 working days", ["2", "3", "working", "day"]),
        ("two weeks", ["2", "week"]),
        ("30 °C", ["30", "degree"]),
        ("5m of rope", ["5", "m"]),
        ("20%", ["20", "%"]),
        ("before 13:00", ["13:00"]),
        ("on 2026-03-01", ["2026-03-01"]),
        ("150.00 and 150", ["150", "150"]),
    ],
)
def test_numbers_and_units_have_one_form(text: str, expected: list[str]) -> None:
    assert keys(text, Kind.NUMBER, Kind.UNIT) == expected


@pytest.mark.parametrize("text", ["can't", "cannot", "can not", "never", "won't", "without", "doesn’t"])
def test_every_negation_is_one_word(text: str) -> None:
    assert keys(f"it {text} work", Kind.LIMIT) == ["not"]


def test_conditions_and_limits_are_recognised() -> None:
    assert keys("Only unless except if until, up to at most", Kind.LIMIT) == [
        "only",
        "unless",
        "except",
        "if",
        "until",
        "most",
    ]


def test_names_addresses_and_codes_are_names() -> None:
    found = keys("Write to Klarna at service@shop.example or tarnfell.example/returns, code TF104233", Kind.NAME)
    assert found == ["klarna", "service@shop.example", "tarnfell.example/returns", stem("TF104233")]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("returned", "returns"),
        ("cancelled", "cancel"),
        ("opened", "opens"),
        ("washes", "washing"),
        ("policies", "policy"),
    ],
)
def test_inflections_share_a_stem(one: str, other: str) -> None:
    assert stem(one) == stem(other)


@pytest.mark.parametrize(("one", "other"), [("free", "fee"), ("covered", "uncovered"), ("address", "add")])
def test_other_words_do_not(one: str, other: str) -> None:
    assert stem(one) != stem(other)
