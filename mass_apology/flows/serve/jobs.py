"""What takes longer than a page may: begun by one request, looked at by others."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Generic, TypeVar

from mass_apology.errors import MassApologyError

T = TypeVar("T")


class Jobs(Generic[T]):
    """One kind of job: at most one of each campaign runs, and its last result is kept."""

    def __init__(self, pool: Executor) -> None:
        self._pool = pool
        self._running: dict[str, asyncio.Future[None]] = {}
        self._began: dict[str, float] = {}
        self._results: dict[str, T] = {}
        self._problems: dict[str, str] = {}

    def begin(self, slug: str, act: Callable[[], T]) -> None:
        """Do it in a thread, unless it is being done."""
        if slug not in self._running:
            self._began[slug] = time.monotonic()
            self._problems.pop(slug, None)
            self._running[slug] = asyncio.ensure_future(self._do(slug, act))

    def seconds(self, slug: str) -> float | None:
        """How long it has been running; ``None`` where it is not."""
        return time.monotonic() - self._began[slug] if slug in self._running else None

    def result(self, slug: str) -> T | None:
        """The last one."""
        return self._results.get(slug)

    def problem(self, slug: str) -> str:
        """Why the last one failed, as sentences; empty where it did not."""
        return self._problems.get(slug, "")

    async def _do(self, slug: str, act: Callable[[], T]) -> None:
        try:
            self._results[slug] = await asyncio.get_running_loop().run_in_executor(self._pool, act)
        except MassApologyError as error:
            self._problems[slug] = f"{error.problem} {error.next_step}"
        except OSError as error:
            self._problems[slug] = f"{error.strerror or error}."
        finally:
            del self._running[slug]
