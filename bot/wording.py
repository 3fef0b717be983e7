"""Numbers in sentences for people who run a bot. Knows English only; customers read `phrases` and templates."""


def counted(n: int, one: str, many: str | None = None) -> str:
    """Name a number of things: "1 error", "2 errors".

    Args:
        n: how many, >= 0.
        one: what stands behind one, such as "conversation is".
        many: what stands behind any other number; None adds an s.
    """
    return f"{n} {one if n == 1 else many or f'{one}s'}"
