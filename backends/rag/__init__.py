"""Answers from the help articles: retrieval, a language model on a short lead, citations."""
