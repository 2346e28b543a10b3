"""What is tried with many examples, on PostgreSQL, where each takes a while; see ``KINDS`` for all other tests."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ledger_samples import crash, held_up
from msgspec.structs import replace
from postgres_stores import postgres_store
from test_ledger_crash import LedgerMachine
from test_ledger_numbers_and_codes import FILES, OFFERS, share_no_code
from test_ledger_planning import ROWS, Row, agree_with_a_simple_model

from mass_apology.errors import LedgerError
from mass_apology.ledger.postgres.postgres_store import PostgresStore
from mass_apology.model import Mark

pytestmark = pytest.mark.slow


class PostgresMachine(LedgerMachine):
    """The same stories; whoever dies leaves what is committed, and the server drops its connection."""

    def make_room(self) -> None:
        self.campaign = postgres_store(self.folder)

    @property
    def store(self) -> PostgresStore:
        return self.campaign

    def die_with(self, marks: list[Mark]) -> None:
        backend = self.ledger._writer._backend  # type: ignore[attr-defined]
        with held_up(self.ledger):  # type: ignore[arg-type]
            for each in marks:
                self.ledger.record(each)
            backend.close()
            backend._server = replace(backend._server, conninfo="host=/nowhere", lease=0.0)
        with suppress(LedgerError):
            self.ledger.__exit__()
        crash(self.campaign)


TestPostgresMachine = PostgresMachine.TestCase
TestPostgresMachine.settings = settings(
    max_examples=12, stateful_step_count=20, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


@settings(max_examples=40, deadline=None)
@given(first=ROWS, second=ROWS, sent=st.sets(st.integers(0, 6)))
def test_plans_agree_with_a_simple_model(
    tmp_path_factory: pytest.TempPathFactory, first: list[Row], second: list[Row], sent: set[int]
) -> None:
    agree_with_a_simple_model(postgres_store(tmp_path_factory.mktemp("model")), first, second, sent)


@settings(max_examples=15, deadline=None)
@given(files=FILES, offers=OFFERS)
def test_nobody_ever_shares_a_code_or_changes_it(
    tmp_path_factory: pytest.TempPathFactory, files: list[list[int]], offers: list[int]
) -> None:
    share_no_code(postgres_store(tmp_path_factory.mktemp("codes")), files, offers)
