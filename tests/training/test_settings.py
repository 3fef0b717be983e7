"""A recipe settles what depends on the amount of data, and what is given stays."""

import pytest
from pydantic import ValidationError

from training.settings import Recipe


@pytest.mark.parametrize(("rows", "epochs"), [(40, 20), (800, 16), (2844, 6), (10000, 6)])
def test_little_data_is_passed_over_more_often(rows: int, epochs: int) -> None:
    assert Recipe().resolved(rows, 2).epochs == epochs


def test_few_examples_an_intent_are_drawn_together_and_many_train_the_head_along() -> None:
    assert Recipe().resolved(5 * 77, 77).technique == "contrastive"
    assert Recipe().resolved(10 * 77, 77).technique == "contrastive"
    assert Recipe().resolved(100 * 77, 77).technique == "finetune"


def test_the_name_of_an_intent_is_an_example_while_others_are_few() -> None:
    assert Recipe().resolved(5 * 77, 77).names is True
    assert Recipe().resolved(100 * 77, 77).names is False


def test_token_embeddings_are_trained_only_with_much_data() -> None:
    assert Recipe().resolved(1000, 10).freeze_embeddings is True
    assert Recipe().resolved(9000, 10).freeze_embeddings is False


def test_what_is_given_stays_as_it_is() -> None:
    settled = Recipe(technique="head", epochs=3, freeze_embeddings=True).resolved(9000, 10)
    assert (settled.technique, settled.epochs, settled.freeze_embeddings) == ("head", 3, True)
    assert settled.resolved(10, 2) == settled


def test_a_misspelt_setting_is_an_error() -> None:
    with pytest.raises(ValidationError, match="epoch"):
        Recipe.model_validate({"epoch": 3})
