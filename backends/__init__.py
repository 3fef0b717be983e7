"""Answering backends: what can reply to one turn, and nothing about who asked for it."""
