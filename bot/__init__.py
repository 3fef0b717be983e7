"""The server: edges around a core that knows no web framework."""
