"""Whether a conversation solved the customer's problem: the definition `resolution/1` and the job that applies it.

The definition is a pure function of what is stored; `docs/resolution.md` tells it in plain words.
"""
