"""On every kind of ledger: outgoing numbers, codes that are somebody's for good, and what letters were made from."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ledger_samples import CAMPAIGN, IN_PROCESS, KINDS, NOON, WAVE, mark, message_id, recipient

from mass_apology.errors import FencedOut
from mass_apology.ledger import Ledger, Store
from mass_apology.ledger.further_waves import Addition
from mass_apology.ledger.recorded import digest_of
from mass_apology.model import Delivery, Status

FILES = st.lists(st.lists(st.integers(0, 12), unique=True, max_size=8), min_size=1, max_size=5)
OFFERS = st.lists(st.integers(0, 30), max_size=30)


def planned(store: Store, ledger: Ledger, people: Sequence[int], codes: Sequence[str] = ()) -> list[Delivery]:
    """Plan these people's letters with codes on offer, and check that each looked as it will when it is claimed."""
    with store.planner(WAVE, message_id) as staging:
        staging.add([(recipient(each), "en") for each in people])
        staging.offer(codes)
        looked_at = [letter for batch in staging.deliveries(3) for letter in batch]
        staging.commit(ledger, digest_parts={}, header=(), canary=(), now=NOON)
    due = {each.number: each for each in _due(store)}
    assert [(each.code, each.address) for each in looked_at] == [
        (due[each.number].code, due[each.number].address) for each in looked_at
    ]
    return [due[each.number] for each in looked_at]


def _due(store: Store) -> list[Delivery]:
    """All letters that are due; a process of its own claims them, so this claim is forgotten."""
    with store.open(CAMPAIGN) as other:
        return asyncio.run(other.claim(1000, NOON))


def test_numbers_count_up_over_growing_files(store: Store, empty: Ledger) -> None:
    assert [each.number for each in planned(store, empty, [5, 3, 4])] == [1, 2, 3]
    assert [each.number for each in planned(store, empty, [9, 5, 3, 4, 1])] == [4, 5]


def test_a_letter_whose_row_is_back_has_the_next_number(store: Store, empty: Ledger) -> None:
    planned(store, empty, [1, 2, 3])
    planned(store, empty, [1])  # the rows of 2 and 3 are gone, and their letters withheld
    assert [each.number for each in planned(store, empty, [1, 4, 3, 2])] == [2, 3, 4]


def test_codes_are_given_out_in_their_order_and_once(store: Store, empty: Ledger) -> None:
    first = planned(store, empty, [1, 2], ["A", "B", "B", "C"])
    assert [each.code for each in first] == ["A", "B"]
    second = planned(store, empty, [3, 1, 2, 4], ["B", "C", "A", "D"])
    assert [each.code for each in second] == ["C", "D"]


def test_too_few_codes_are_told_before_anything_is_planned(store: Store) -> None:
    with store.planner(WAVE, message_id) as staging:
        staging.add([(recipient(each), "en") for each in range(5)])
        staging.offer(["A", "B"])
        codes = staging.codes()
    assert (codes.wanted, codes.free) == (5, 2)


def test_codes_that_come_after_the_plan_reach_the_letters_that_are_still_due(store: Store, empty: Ledger) -> None:
    sent, *_ = planned(store, empty, [1, 2, 3])
    asyncio.run(_accept(empty, sent))
    with store.planner(WAVE, message_id) as staging:
        staging.add([(recipient(each), "en") for each in (1, 2, 3)])
        staging.offer(["A", "B", "C"])
        assert staging.codes().wanted == 2  # the first letter has gone without one
        staging.commit(empty, digest_parts={}, header=(), canary=(), now=NOON)
    assert [each.code for each in _due(store)] == ["A", "B"]


def test_a_later_wave_tells_the_same_code(store: Store, empty: Ledger) -> None:
    sent, *_ = planned(store, empty, [1], ["A"])
    asyncio.run(_accept(empty, sent))
    empty.waves.add("later", [Addition(recipient=1, language="en", message_id="<later@acme.example>")], NOON)
    (letter,) = asyncio.run(empty.claim(10, NOON, wave="later"))
    assert (letter.code, letter.number, letter.thread_subject) == ("A", 2, "We are sorry, 1")


@pytest.mark.parametrize("kind", IN_PROCESS)
@settings(max_examples=25, deadline=None)
@given(
    files=FILES,
    offers=OFFERS,
)
def test_nobody_ever_shares_a_code_or_changes_it(
    tmp_path_factory: pytest.TempPathFactory, kind: str, files: list[list[int]], offers: list[int]
) -> None:
    share_no_code(KINDS[kind](tmp_path_factory.mktemp("codes")), files, offers)


def share_no_code(store: Store, files: list[list[int]], offers: list[int]) -> None:
    """Over these files, whose people are offered these codes each time."""
    whose: dict[str, str] = {}
    with store.create(CAMPAIGN) as ledger:
        ledger.acquire(NOON)
        for file in files:
            for letter in planned(store, ledger, file, [f"CODE-{each}" for each in offers]):
                if letter.code:
                    assert whose.setdefault(letter.code, letter.address) == letter.address
    assert len(set(whose.values())) == len(whose)


def test_letters_remember_what_they_were_made_from(store: Store, empty: Ledger) -> None:
    first, second, third = planned(store, empty, [1, 2, 3])
    empty.begin_edition(WAVE, {"the template": "aa"}, NOON)
    asyncio.run(_accept(empty, first))
    empty.begin_edition(WAVE, {"the template": "bb"}, NOON + 60)
    asyncio.run(_accept(empty, second))
    empty.begin_edition(WAVE, {"the template": "aa"}, NOON + 120)
    asyncio.run(_accept(empty, third))
    with store.read(CAMPAIGN) as records:
        found = records.editions()
    assert [(each.digest, each.letters, each.first_at) for each in found] == [
        (digest_of({"the template": "aa"}), 2, NOON),
        (digest_of({"the template": "bb"}), 1, NOON + 60),
    ]


def test_only_the_holder_of_the_lock_says_what_letters_are_made_from(store: Store) -> None:
    with store.create(CAMPAIGN) as ledger, pytest.raises(FencedOut):
        ledger.begin_edition(WAVE, {"the template": "aa"}, NOON)


def test_the_digest_does_not_depend_on_the_order_of_the_parts() -> None:
    assert digest_of({"a": "1", "b": "2"}) == digest_of({"b": "2", "a": "1"})


async def _accept(ledger: Ledger, letter: Delivery) -> None:
    await ledger.hand_over(mark(letter.id, Status.HANDING_OVER))
    ledger.record(mark(letter.id, Status.ACCEPTED))
    await ledger.flush()
