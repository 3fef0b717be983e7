"""What the bench says: short questions of a shop's customers, all about one tweet long. No content of any bot."""

from itertools import product

_OPENINGS = ("hi, could you tell me", "good morning, I would like to know", "quick question:", "please check")
_MATTERS = (
    "when the parcel I ordered last week is going to arrive",
    "whether I can still send back the boots I bought in May",
    "how long a refund to my credit card usually takes",
    "what shipping to a small island in the north would cost",
    "if the tent from your spring sale is in stock again",
    "why my discount code is refused at the checkout",
    "how to wash a down jacket without ruining it",
    "where I find the invoice for my last order",
)

TEXTS: tuple[str, ...] = tuple(f"{opening} {matter}" for matter, opening in product(_MATTERS, _OPENINGS))
"""32 texts of about 16 tokens."""
