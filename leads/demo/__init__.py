"""The demo company of `make run`: invented people, invented leads, believable patterns, always the same."""
