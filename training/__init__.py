"""Training: the only place torch lives in, besides eval/study and eval/bench."""
