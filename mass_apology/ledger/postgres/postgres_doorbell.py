"""The database tells who waits for letters, by a connection of its own (LISTEN)."""

from __future__ import annotations

import select
import time
from threading import Event
from typing import Any

import psycopg

from mass_apology.ledger.postgres.postgres_connections import Server

CHANNEL = "mass_apology"
"""Of all campaigns of an installation: they are few, and who hears of another one looks in vain once."""

GLANCE = 0.2  # seconds between two looks whether nobody waits any more


class PostgresDoorbell:
    """Implements ``doorbell.Doorbell``. What rings between two waits is heard by the second."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._raw: psycopg.Connection[Any] | None = None
        self._closed = Event()

    def wait(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        with self._server.explained():
            try:
                raw = self._listening()
                while not self._closed.is_set() and (left := until - time.monotonic()) > 0:
                    select.select([raw.fileno()], [], [], min(GLANCE, left))
                    if any(True for _ in raw.notifies(timeout=0)):
                        return
            except psycopg.Error:
                self._end()
                raise
            finally:
                if self._closed.is_set():
                    self._end()

    def close(self) -> None:
        self._closed.set()

    def _listening(self) -> psycopg.Connection[Any]:
        if self._raw is None:
            self._raw = self._server.connect()
            self._raw.execute(f"LISTEN {CHANNEL}")
        return self._raw

    def _end(self) -> None:
        if self._raw is not None:
            self._raw.close()
            self._raw = None
