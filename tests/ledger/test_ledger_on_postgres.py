"""What is tried with many examples, on PostgreSQL, where each takes a while; see ``KINDS`` for all other tests."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from postgres_stores import postgres_store
from test_ledger_numbers_and_codes import FILES, OFFERS, share_no_code
from test_ledger_planning import ROWS, Row, agree_with_a_simple_model

pytestmark = pytest.mark.slow


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
