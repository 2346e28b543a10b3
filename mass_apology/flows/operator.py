"""Who watches a flow's steps."""

from __future__ import annotations

from collections.abc import Callable

OnProgress = Callable[[str, int, int | None], None]
"""Told of each step: its name, how much of it is done, and of how much."""
