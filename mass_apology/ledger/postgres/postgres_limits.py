"""The limits that sessions have in common: rows of the database, which one session changes after the other.

By a connection of its own, so that no commit of marks holds it up.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import psycopg

from mass_apology.ledger.common_limits import (
    AHEAD,
    CommonState,
    Moments,
    OpenedPace,
    PaceState,
    Told,
    WindowWish,
)
from mass_apology.ledger.in_sql.connection import Facts
from mass_apology.ledger.postgres.postgres_connections import Server, is_lost
from mass_apology.ledger.postgres.postgres_lock import PostgresLock
from mass_apology.ledger.postgres.postgres_statements import statements
from mass_apology.model import StopCause

LIVELY = 3.0
"""Seconds for which a session counts without a word of it: it gives one every tick."""

RECENT = 200  # endings that are kept, as many as the breaker looks at

_QUERIES = statements("limits.sql")
_BEAT = statements("chunks.sql")["beat"]
_DURABLE = "SET synchronous_commit = on"

T = TypeVar("T")


class PostgresLimits:
    """Implements ``common_limits.CommonLimits``."""

    def __init__(self, server: Server, campaign: int, session: PostgresLock) -> None:
        self._server = server
        self._campaign = campaign
        self._session = session
        self._token = secrets.token_hex(8)  # its epoch changes with each connection
        self._raw: psycopg.Connection[Any] | None = None

    def open(self, paces: Sequence[OpenedPace], usage: Mapping[str, Sequence[tuple[int, int]]] | None = None) -> None:
        def act(raw: psycopg.Connection[Any]) -> None:
            with raw.transaction():
                if usage is not None:
                    raw.execute(_QUERIES["clear"])
                for pace in sorted(paces, key=lambda each: each.name):
                    facts = {"name": pace.name, "spacing": pace.spacing, "doubles": pace.doubles, "taken": pace.taken}
                    raw.execute(_QUERIES["open"], facts)
                for relay, minutes in (usage or {}).items():
                    for minute, letters in minutes:
                        raw.execute(_QUERIES["open-window"], {"relay": relay, "minute": minute, "letters": letters})

        self._do(act)

    def clock(self) -> float:
        return float(self._one("clock", {})[0])

    def take(self, name: str, wanted: int, lead: float) -> Moments:
        facts = {"name": name, "wanted": wanted, "lead": min(lead, AHEAD), "ahead": AHEAD}
        now, first, letters, spacing = self._one("take", facts)
        return Moments(now=now, first=first, letters=letters, spacing=spacing)

    def exchange(self, told: Mapping[str, Told]) -> CommonState:
        def act(raw: psycopg.Connection[Any]) -> CommonState:
            beat = raw.execute(_BEAT, {"epoch": self._session.epoch, "seconds": LIVELY}).fetchone()
            for name, each in sorted(told.items()):
                if each.endings or each.in_doubt:
                    facts = {"name": name, "endings": each.endings, "in_doubt": each.in_doubt, "most": RECENT}
                    raw.execute(_QUERIES["told"], facts)
            paces = raw.execute(_QUERIES["paces"]).fetchall()
            halt = raw.execute(_QUERIES["halted"]).fetchone()
            return CommonState(
                sessions=1 + (0 if beat is None else int(beat[0])),
                paces={name: _state(*facts) for name, *facts in paces},
                halt=None if halt is None else (halt[0], StopCause(halt[1])),
            )

        return self._do(act)

    def slow(self, name: str, rate: float, *, destination: bool) -> None:
        self._one("slow-destination" if destination else "slow-relay", {"name": name, "rate": rate})

    def close_for(self, name: str, seconds: float) -> None:
        self._do(lambda raw: raw.execute(_QUERIES["close-for"], {"name": name, "seconds": seconds}))

    def halt(self, reason: str, cause: StopCause) -> None:
        self._do(lambda raw: raw.execute(_QUERIES["halt"], {"reason": reason, "cause": cause.value}))

    def hold(self, name: str, wish: WindowWish) -> int:
        facts = {
            "name": name,
            "session": self._token,
            "used": wish.used,
            "begun": wish.begun,
            "wanted": wish.wanted,
            "limits": [letters for letters, _ in wish.limits],
            "lengths": [seconds for _, seconds in wish.limits],
        }
        return int(self._one("hold", facts)[0])

    def usage(self, name: str) -> list[tuple[int, int]]:
        return self._do(lambda raw: raw.execute(_QUERIES["usage"], {"name": name}).fetchall())

    def close(self) -> None:
        if self._raw is not None:
            self._raw.close()
            self._raw = None

    def _one(self, statement: str, facts: Facts) -> tuple[Any, ...]:
        """Of those that give one row, always."""
        rows: list[tuple[Any, ...]] = self._do(lambda raw: raw.execute(_QUERIES[statement], facts).fetchall())
        return rows[0]

    def _do(self, act: Callable[[psycopg.Connection[Any]], T]) -> T:
        """By the connection that there is; where it has just been lost, the next call makes another one."""
        with self._server.explained():
            if self._raw is None:
                self._raw = self._server.connect(self._campaign)
                self._raw.execute(_DURABLE)
            try:
                return act(self._raw)
            except psycopg.Error as error:
                if is_lost(error):
                    self.close()
                raise


def _state(spacing: float, share: float, closed_for: float, recent: str, in_doubt: int) -> PaceState:
    return PaceState(spacing=spacing, share=share, closed_for=closed_for, recent=recent, in_doubt=in_doubt)
