"""What goes wrong with a chat endpoint: what ends a cell, and what costs one text its answer.

StudyStopped       nothing more may be asked in this study
├── BudgetSpent    the next call could cost more than is left
├── EndpointRefused  wrong key, no such model, no credit
└── NoPrice        there is a budget, and no price to keep it by
CallFailed         one request has no answer; `code` is the name in `Guess.failure`
"""


class StudyStopped(RuntimeError):
    """Nothing more may be asked in this study; the message says what to do."""


class BudgetSpent(StudyStopped):
    """The next call could cost more than is left of the budget."""


class EndpointRefused(StudyStopped):
    """The endpoint would answer no call of ours: wrong key, no such model, no credit."""


class NoPrice(StudyStopped):
    """There is a budget, and the price sheet does not know the model."""


class CallFailed(Exception):
    """One request has no answer."""

    def __init__(self, code: str, message: str, *, may_cost: bool = False) -> None:
        """Say why.

        Args:
            code: as in `Guess.failure`.
            message: for the log.
            may_cost: the endpoint may have worked on it, and charge for it.
        """
        super().__init__(message)
        self.code = code
        self.may_cost = may_cost
