"""How many conversations each arm resolves, at what cost, and whether arms differ: see `docs/comparison.md`."""
