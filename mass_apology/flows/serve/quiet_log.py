"""Keeps whoever talks nonsense to the server from filling its terminal or journal: like lines are counted instead."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

AGAIN_SECONDS = 60.0  # after which a line of the same kind is said again, with how many were not
KINDS = 100  # of lines that are told apart: the texts are uvicorn's and asyncio's own, so there are few
_LOGGERS = ("uvicorn.error", "asyncio")


class LikeLines(logging.Filter):
    """Lets one line of a kind through in a while. A kind is the first line of a text, before its values are put in."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._said: dict[str, tuple[float, int]] = {}  # kind → when it was said, and lines since

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the line is said."""
        kind, now = str(record.msg).partition("\n")[0], self._clock()
        then, more = self._said.get(kind, (float("-inf"), 0))
        if now - then < AGAIN_SECONDS:
            self._said[kind] = (then, more + 1)
            return False
        if len(self._said) >= KINDS:
            self._said.clear()
        self._said[kind] = (now, 0)
        if more:
            record.msg = f"{record.msg} (and {more:,} more such lines before)"
        return True


@contextmanager
def like_lines_counted() -> Iterator[None]:
    """While the server runs: of what its libraries complain about, each kind is said once a minute."""
    made = LikeLines()
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(made)
    try:
        yield
    finally:
        for name in _LOGGERS:
            logging.getLogger(name).removeFilter(made)
