"""The request to the model."""

from backends.rag.grounding import Source
from backends.rag.prompt import MAX_TOKENS, build_prompt, estimate_tokens, hash_prompt, load_template

SOURCES = [Source("T", "H", f"Passage {n}. " + "Some words of text. " * 20) for n in range(8)]


def test_the_fixed_part_comes_first_and_never_changes() -> None:
    template = load_template("Tarnfell Outdoor")
    one, other = (build_prompt(template, SOURCES, question) for question in ("a?", "b?"))
    assert one.system == other.system
    assert "Tarnfell Outdoor" in one.system
    assert "{{" not in one.system + one.user


def test_the_question_comes_last_and_passages_are_numbered() -> None:
    user = build_prompt(load_template("x"), SOURCES[:2], "How  much\nis it?").user
    assert user.index("[1] Passage 0.") < user.index("[2] Passage 1.") < user.index("Question: How much is it?")
    assert user.endswith("Copy the sentence that answers the question:")


def test_a_prompt_keeps_within_its_budget() -> None:
    prompt = build_prompt(load_template("x"), SOURCES, "How much? " * 200)
    assert estimate_tokens(prompt.system + prompt.user) <= MAX_TOKENS
    assert 1 <= prompt.shown < len(SOURCES)


def test_an_earlier_question_is_shown_before_the_question() -> None:
    user = build_prompt(load_template("x"), SOURCES[:1], "And to Norway?", "What is shipping?").user
    assert "Earlier question: What is shipping?\nQuestion: And to Norway?" in user


def test_a_small_model_is_given_the_words_of_the_question_and_not_the_question() -> None:
    template = load_template("x", is_small=True)
    user = build_prompt(template, SOURCES[:1], "How long is it to Norway?", "What is shipping?").user
    assert user.endswith("Copy the sentence about shipping long norway:")
    assert "Question" not in user
    assert build_prompt(template, SOURCES[:1], "How is it?").user.endswith("about How is it?:")


def test_the_hash_names_words_and_model() -> None:
    template = load_template("x")
    assert hash_prompt(template, "a") == hash_prompt(template, "a")
    assert len({hash_prompt(template, "a"), hash_prompt(template, "b"), hash_prompt(load_template("y"), "a")}) == 3
