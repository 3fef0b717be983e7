"""What another routing would have resolved, as far as the logs can tell: see `docs/comparison.md`."""
