"""A recipe settles what depends on the amount of data, and what is given stays."""

import pytest
from pydantic import ValidationError

from training.settings import Recipe


@pytest.mark.parametrize(("examples", "epochs"), [(10, 20), (800, 16), (2844, 6), (10000, 6)])
def test_little_data_is_passed_over_more_often(examples: int, epochs: int) -> None:
    assert Recipe().resolved(examples).epochs == epochs


def test_token_embeddings_are_trained_only_with_much_data() -> None:
    assert Recipe().resolved(1000).freeze_embeddings is True
    assert Recipe().resolved(9000).freeze_embeddings is False


def test_what_is_given_stays_as_it_is() -> None:
    settled = Recipe(epochs=3, freeze_embeddings=True).resolved(9000)
    assert (settled.epochs, settled.freeze_embeddings) == (3, True)
    assert settled.resolved(10) == settled


def test_a_misspelt_setting_is_an_error() -> None:
    with pytest.raises(ValidationError, match="epoch"):
        Recipe.model_validate({"epoch": 3})
