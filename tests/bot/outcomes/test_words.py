"""What the words of one message tell."""

import pytest

from bot.outcomes.words import asks_back, hear, is_holding

SMALL_TALK = (
    "hi",
    "Hello there!",
    "Good morning, how are you?",
    "thanks a lot!!",
    "Danke schön, tschüss",
    "ok",
    "👍",
    "?",
    "...",
    "no thanks, that's all",
    "yes please",
    "are you a robot?",
    "can you help me?",
    "Ich habe eine Frage",
    "THANK YOU!!!",
)
QUESTIONS = (
    "where is my order",
    "WHERE IS MY ORDER",
    "ok but how long does shipping take",
    "TF-123456",
    "[email]",
    "42",
    "I need a tent for 2 person",
    "is the agent in Graz open",
    "can I return shoes",
    "you are great but where is it",
    "It works with my bike?",
    "Wo ist mein Paket",
    "où est mon colis",
    "hi, where is my order",
    "I'm waiting for my refund",
)
SOLVED = (
    "that helped, thanks",
    "Problem solved",
    "it works now",
    "jetzt funktioniert es",
    "Super, hat geklappt, danke",
    "that's exactly what I needed",
    "very helpful",
    "Das hat mir sehr geholfen",
    "works perfectly now thank you",
)
SIGNS = {
    "complaint": (
        "that did not help",
        "this doesn't help me",
        "thanks but that isn't what I asked",
        "wrong answer",
        "same answer again",
        "I already told you my number",
        "you don't understand",
        "Das hilft mir nicht weiter",
        "falsche Antwort",
        "Du verstehst mich nicht",
        "I asked where my parcel is",
    ),
    "anger": ("this is useless", "what a joke", "wtf", "DAS IST EINE FRECHHEIT", "so ein Saftladen", "👎"),
    "gave_up": ("never mind", "forget it", "I'll try somewhere else", "egal", "vergiss es", "whatever"),
    "asked_person": (
        "talk to a human please",
        "agent",
        "I want a real person",
        "can I talk to someone?",
        "connect me to an operator",
        "let me speak with your manager",
        "human please",
        "Ich möchte mit einem Menschen sprechen",
        "Mitarbeiter bitte",
        "I want to speak with a real person about my refund for order 12",
    ),
    "loud": ("where is my parcel!!", "and now?!", "hello where is it???"),
}


@pytest.mark.parametrize("text", SMALL_TALK)
def test_small_talk_asks_nothing(text: str) -> None:
    assert hear(text).is_small_talk


@pytest.mark.parametrize("text", QUESTIONS)
def test_a_question_is_no_small_talk_and_no_sign(text: str) -> None:
    heard = hear(text)
    assert (heard.is_small_talk, heard.says_solved, heard.signs, heard.is_remark) == (False, False, (), False)


@pytest.mark.parametrize("text", SOLVED)
def test_relief_is_heard(text: str) -> None:
    assert hear(text).says_solved


@pytest.mark.parametrize(
    "text",
    [
        "Thank you kindly, you have been patient",
        "ok thanks, that does the job",
        "Perfect, one problem less",
        "fine. I had hoped for more",
        "well, that was slow",
        "na gut, dann eben so",
    ],
)
def test_a_remark_on_an_answer_asks_for_nothing_more(text: str) -> None:
    heard = hear(text)
    assert heard.is_closing
    assert not heard.asks


@pytest.mark.parametrize(
    "text",
    [
        "ok, and what about the gloves",
        "thanks, I need to change my address",
        "great, could you send it to Graz",
        "ok my zip is broken",
        "thanks, TF-123456",
        "super, und wie lange dauert das",
        "thanks but that isn't what I asked",
        "delivery to New Zealand",
    ],
)
def test_what_goes_on_after_thanks_is_no_closing(text: str) -> None:
    assert not hear(text).is_closing


@pytest.mark.parametrize("text", ["that did not solve it", "this never worked", "hat nicht geklappt", "is it solved?"])
def test_relief_with_a_not_in_it_is_none(text: str) -> None:
    assert not hear(text).says_solved


@pytest.mark.parametrize(("sign", "text"), [(sign, text) for sign, texts in SIGNS.items() for text in texts])
def test_a_sign_of_failure_is_heard(sign: str, text: str) -> None:
    assert sign in hear(text).signs


@pytest.mark.parametrize(
    "text", ["thanks!!", "perfect!!!", "THANK YOU SO MUCH", "that helped!!", "DANKE FÜR DIE HILFE"]
)
def test_happy_customers_may_shout(text: str) -> None:
    heard = hear(text)
    assert (heard.signs, heard.is_capitals) == ((), False)


@pytest.mark.parametrize("text", ["this is useless", "never mind", "talk to a human", "that helped, thanks"])
def test_a_message_that_is_all_sign_is_a_remark(text: str) -> None:
    assert hear(text).is_remark


@pytest.mark.parametrize(
    "text",
    [
        "my tent is ridiculous heavy can I return it please",
        "I asked where my parcel is!!",
        "terrible service, how do I send it back?",
    ],
)
def test_a_message_with_a_sign_and_a_matter_is_a_question(text: str) -> None:
    heard = hear(text)
    assert heard.signs
    assert not heard.is_remark


@pytest.mark.parametrize(
    ("text", "is_capitals"),
    [
        ("WHERE IS MY ORDER", True),
        ("Where is MY ORDER", False),
        ("TF-123456", False),
        ("OK", False),
        ("[email]", False),
    ],
)
def test_capitals_are_most_letters_of_several_words(text: str, is_capitals: bool) -> None:
    assert hear(text).is_capitals is is_capitals


def test_a_person_asks_back_or_ends_or_says_to_hold_on() -> None:
    assert asks_back("Sure. What is your order number?")
    assert not asks_back("It comes today. Anything else I can do?")
    assert not asks_back("Kann ich sonst noch weiterhelfen?")
    assert not asks_back("It comes today.")
    assert is_holding("One moment please")
    assert is_holding("Ich schaue kurz nach")
    assert not is_holding("It comes today.")


def test_a_very_long_message_takes_no_time_to_speak_of() -> None:
    assert not hear("hello " * 700).is_small_talk
    assert hear(("talk to " * 400) + "!!").signs == ("loud",)
