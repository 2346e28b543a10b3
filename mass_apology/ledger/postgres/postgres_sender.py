"""The row about the sender, for who only reads: who it is, and what a person asks of it: run, pause or stop."""

from __future__ import annotations

import time
from contextlib import closing

from mass_apology.ledger.in_sql.holders import this_process
from mass_apology.ledger.postgres.postgres_connections import Connection, PostgresReading
from mass_apology.ledger.postgres.postgres_lock import confirmed, may_be_taken
from mass_apology.ledger.postgres.postgres_statements import statements
from mass_apology.ledger.sender_state import Control, Holder, SharedWave

_QUERIES = statements("lock.sql")
_ADD_NOTE = statements("records.sql")["add-note"]


class PostgresSenderRow:
    """Implements ``holders.SenderRow``. A request waits for no more than the commit that is under way."""

    def __init__(self, reading: PostgresReading) -> None:
        self._reading = reading

    def holder(self) -> Holder | None:
        with self._reading.shared() as reader:
            host, pid, started, idle = reader.execute(_QUERIES["holder"]).fetchone()
            sessions = reader.execute(statements("chunks.sql")["sessions"]).fetchall() if host is None else []
        here = this_process()
        for _, its_host, its_pid, its_start, its_idle in sessions:
            session = Holder(host=its_host, pid=its_pid, started=its_start)
            if not may_be_taken(session, here=here, idle=its_idle, lease=self._reading.server.lease):
                return session
        if host is None:
            return None
        found = Holder(host=host, pid=pid, started=started)
        return None if may_be_taken(found, here=here, idle=idle, lease=self._reading.server.lease) else found

    def request(self, wanted: Control, note: str) -> None:
        reading = self._reading
        with reading.server.explained(), closing(reading.server.connect(reading.campaign)) as raw, raw.transaction():
            connection = Connection(raw)
            connection.execute(_QUERIES["request"], {"wanted": wanted.value})
            if wanted is Control.STOP:  # nobody takes part any more, until somebody confirms again
                connection.execute(_QUERIES["stop-sharing"])
            if note:
                connection.execute(_ADD_NOTE, {"now": time.time(), "what": note})

    def shared(self) -> SharedWave | None:
        with self._reading.shared() as reader:
            return confirmed(reader)

    def remark(self, what: str) -> None:
        reading = self._reading
        with reading.server.explained(), closing(reading.server.connect(reading.campaign)) as raw:
            Connection(raw).execute(_ADD_NOTE, {"now": time.time(), "what": what})
