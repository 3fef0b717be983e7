"""The study: which technique is better at which amount of data, and what it costs."""
