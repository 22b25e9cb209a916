"""Curiouser: the issue tracker for what a model gets wrong, and the loop around it."""

__version__ = "0.1.0"
