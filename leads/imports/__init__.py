"""Bringing files in: reading them as they come, saying what each column is, and writing what they tell."""
