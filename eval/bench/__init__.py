"""Speed beside what a user would run instead: one measurement a file, all of them in one run."""
