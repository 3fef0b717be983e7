"""The intent benchmarks that papers report: the same draws, the same tests, beside what was published."""
