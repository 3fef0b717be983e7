"""Training: the only place torch lives in, besides eval/study and eval/bench."""

import os

# Read once, when torch loads its OpenMP runtime. Threads that wait by spinning make a training on two cores that
# others use as well three times slower (LOG.md); an explicit setting of the user's wins.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
