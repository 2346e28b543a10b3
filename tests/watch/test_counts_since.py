from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from observed import HALF, NOON, said

from mass_apology.flows.watch.counts_since import counts_since
from mass_apology.model import Status

COUNTS = st.dictionaries(st.sampled_from(Status), st.integers(0, 500))
OF_A_RUN = (Status.ACCEPTED, Status.REFUSED, Status.EXPIRED, Status.IN_DOUBT, Status.DEFERRED, Status.WITHHELD)
SAID = st.dictionaries(st.sampled_from(OF_A_RUN), st.integers(0, 500))


@given(counted=COUNTS, before=SAID, after=SAID, same_run=st.booleans())
def test_nobody_is_lost_and_nothing_is_negative(counted, before, after, same_run) -> None:
    then = said(counts=before, began_at=1.0 if same_run else 2.0)
    found = counts_since(counted, then, said(counts=after, began_at=1.0))
    assert sum(found.values()) == sum(counted.values())
    assert min(found.values()) >= 0
    assert set(found) == set(Status)


def test_letters_move_from_planned_to_what_became_of_them() -> None:
    now = said(counts={Status.ACCEPTED: 500, Status.REFUSED: 22, Status.DEFERRED: 7})
    found = counts_since(HALF, said(), now)
    assert found[Status.ACCEPTED] == 500
    assert found[Status.REFUSED] == 22
    assert found[Status.DEFERRED] == 7
    assert found[Status.PLANNED] == 490 - 20 - 2 - 1


def test_before_the_run_says_something_after_the_count_nothing_is_added() -> None:
    counted = {Status.PLANNED: 10, Status.ACCEPTED: 5}
    now = said(began_at=9.0, counts={Status.ACCEPTED: 4})
    assert counts_since(counted, None, now)[Status.ACCEPTED] == 5
    assert counts_since(counted, said(began_at=1.0), now)[Status.ACCEPTED] == 5


def test_who_lost_the_lock_is_not_believed() -> None:
    assert counts_since(HALF, said(counts={}), said(is_latest=False))[Status.ACCEPTED] == HALF[Status.ACCEPTED]


def test_refusals_that_were_taken_back_are_due_again() -> None:
    found = counts_since(HALF, said(), said(counts={Status.ACCEPTED: 480, Status.REFUSED: 0, Status.DEFERRED: 26}))
    assert (found[Status.REFUSED], found[Status.DEFERRED]) == (0, 26)


def test_what_was_heard_before_the_count_takes_nothing_back() -> None:
    counted = {Status.PLANNED: 10, Status.ACCEPTED: 5}
    heard_before = said(at=NOON - 2, counts={Status.ACCEPTED: 3})
    found = counts_since(counted, said(at=NOON - 1, counts={Status.ACCEPTED: 5}), heard_before)
    assert (found[Status.PLANNED], found[Status.ACCEPTED]) == (10, 5)
