"""What is hidden before storing comes back for the customer while the slot is known, and only then."""

from hypothesis import given
from hypothesis import strategies as st

from bot.masking import hidden_values, hide, show
from bot.redact import redact

ADDRESS = "Main Street 5, 8010 Graz"


def test_a_private_value_is_hidden_and_shown_again() -> None:
    slots = {"new_address": ADDRESS, "email": "anna@web.example", "order_number": "TF-104233"}
    text = f"Send TF-104233 to {ADDRESS}? We write to anna@web.example."
    stored = hide(text, hidden_values(slots, frozenset({"new_address"}), redact))
    assert stored == "Send TF-104233 to [new_address]? We write to [email]."
    assert show(stored, slots) == text


def test_the_shops_own_address_stays_readable() -> None:
    text = "Write to service@tarnfell.example."
    assert hide(text, hidden_values({"email": "anna@web.example"}, frozenset(), redact)) == text


def test_a_purged_slot_stays_hidden() -> None:
    assert show("Send it to [new_address]?", {}) == "Send it to [new_address]?"


def test_a_value_inside_a_longer_word_is_left_alone() -> None:
    assert hide("An announcement by Ann", {"name": "Ann"}) == "An announcement by [name]"


def test_the_longer_of_two_values_goes_first() -> None:
    assert hide("to Graz West", {"town": "Graz", "place": "Graz West"}) == "to [place]"


@given(st.text(max_size=60), st.text(alphabet=st.characters(categories=["L", "N", "P"]), min_size=3, max_size=20))
def test_hiding_leaves_nothing_of_a_value_that_stands_alone(around: str, value: str) -> None:
    assert f" {value} " not in hide(f"{around} {value} .", {"slot": value}).replace("[slot]", "")
