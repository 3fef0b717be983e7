"""Fine-tunes a language model at somebody else's endpoint: upload, job, polling, and a name that an arm can use."""
