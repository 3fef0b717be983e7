"""The page stands alone, quotes safely, and shows what the night found."""

from datetime import timedelta
from xml.etree import ElementTree

from tests.training.nightly.conftest import NOW, WORDS, Shop
from training.nightly.report import PAGE, render

PLAIN = {
    "decision": "refused",
    "reasons": ["Harmed: <b>a</b>"],
    "champion": "b001",
    "challenger": "b002",
    "night": "20261120T023000Z-cafe",
    "at": "2026-11-20T02:30:00+00:00",
    "notes": [],
    "seconds": 12.3,
    "dry_run": False,
}


def test_a_night_without_figures_has_a_page_too() -> None:
    page = render(PLAIN)
    assert "refused" in page
    assert "<b>a</b>" not in page
    assert "&lt;b&gt;a&lt;/b&gt;" in page


def test_a_customers_text_cannot_become_markup() -> None:
    row = {"text": "<script>x</script>", "intent": "a", "challenger": "b", "confidence": 0.9, "source": "turn:1"}
    page = render({**PLAIN, "wrong": [{**row, "nearest": []}]})
    assert "<script>" not in page


def test_proposals_and_findings_are_shown() -> None:
    proposal = {
        "name": "gift_wrap",
        "size": 7,
        "customers": 5,
        "turns_per_month": 31.0,
        "examples": [{"turn_id": "t1", "text": "can you wrap it"}],
        "reply": "Yes, for 3 euros.",
        "sources": [{"title": "Gifts", "url": None}],
        "nearest_intent": "order",
        "similarity": 0.3,
        "is_new": True,
    }
    finding = {"message": "5 texts are alike", "rows": [{"turn_id": "t9", "text": "spam", "intent": "a"}]}
    page = render({**PLAIN, "discovery": [proposal], "guards": {"set_aside": ["t9"], "findings": [finding]}})
    for words in ("gift_wrap", "about 31 turns a month", "can you wrap it", "[Gifts]", "5 texts are alike", "spam"):
        assert words in page


def test_a_whole_night_is_shown_with_its_plots_and_no_other_file(shop: Shop) -> None:
    shop.champion({**WORDS, "refund_status": ("refund",)})
    shop.day(0, 60)
    shop.night(page=False)
    shop.day(60, 30, at=NOW)
    report = shop.night(now=NOW + timedelta(days=1), page=True)
    page = (shop.home / "nights" / report.night / PAGE).read_text()
    assert page.count("<svg") == 4
    assert "http://" not in page.replace("http://www.w3.org", "").replace("http://purl.org", "").replace(
        "http://creativecommons.org", ""
    )
    for part in page.split("<svg")[1:]:
        ElementTree.fromstring("<svg" + part.split("</svg>")[0] + "</svg>")
    for words in ("not worse than the champion", "The gate", "refund_status", "operator", "Nights so far"):
        assert words in page
