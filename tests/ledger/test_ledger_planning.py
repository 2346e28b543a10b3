"""Plans, on every kind of ledger: rows that merge or clash, and files that grow or change."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ledger_samples import CAMPAIGN, IN_PROCESS, KINDS, NOON, WAVE, mark, message_id, plan_in, recipient
from msgspec.structs import replace

from mass_apology.errors import FencedOut
from mass_apology.ledger import Conflict, Ledger, Planned, Planner, Result, Store
from mass_apology.model import Delivery, Recipient, Status, Withheld


@pytest.fixture
def staging(store: Store) -> Iterator[Planner]:
    with store.planner(WAVE, message_id) as staging:
        yield staging


def add(staging: Planner, *people: Recipient) -> None:
    staging.add([(person, person.language or "en") for person in people])


def letters(staging: Planner, *, everyone: bool = False) -> list[Delivery]:
    return [letter for batch in staging.deliveries(2, everyone=everyone) for letter in batch]


def commit(staging: Planner, ledger: Ledger, *, canary: Iterable[int] = (), now: float = NOON) -> Planned:
    return staging.commit(ledger, digest_parts={}, header=(), canary=list(canary), now=now)


def results(ledger: Ledger, wave: str = WAVE) -> list[Result]:
    return list(ledger.results(wave))


def planned(**counts: int) -> Planned:
    return Planned(**{**dict.fromkeys(Planned.__struct_fields__, 0), **counts})


class TestStaging:
    def test_letters_come_in_the_order_of_the_file_before_there_is_a_ledger(
        self, staging: Planner, store: Store
    ) -> None:
        add(staging, *map(recipient, (3, 1, 2)))
        assert not store.exists()
        assert [letter.address for letter in letters(staging)] == [
            f"customer{number}@example.org" for number in (3, 1, 2)
        ]
        assert staging.compare() == planned(new=3)

    def test_letters_look_as_they_will_when_they_are_claimed(self, empty: Ledger, staging: Planner) -> None:
        add(staging, recipient(1), recipient(2, language="", name=""), recipient(1, line=9))
        before = letters(staging)
        commit(staging, empty)
        assert asyncio.run(empty.claim(10, NOON)) == before

    def test_rows_of_one_person_become_one_letter(self, staging: Planner) -> None:
        add(
            staging, recipient(1, line=2, row={"a": "1"}), recipient(5, line=3), recipient(1, line=4, row={"a": '],["'})
        )
        add(staging, recipient(1, line=5, row={}))
        first, second = letters(staging)
        assert (first.lines, second.lines) == ("[2,4,5]", "[3]")
        assert msgspec.json.decode(first.rows) == [{"a": "1"}, {"a": '],["'}, {}]
        counts = staging.counts()
        assert (counts.letters, counts.rows, counts.merged, counts.conflicts) == (2, 4, 2, 0)

    def test_rows_may_come_after_a_look(self, staging: Planner) -> None:
        add(staging, recipient(1, line=2), recipient(1, line=3))
        assert [letter.lines for letter in letters(staging)] == ["[2,3]"]
        add(staging, recipient(2, line=4), recipient(1, line=5, language="en"))
        assert [letter.lines for letter in letters(staging)] == ["[2,3,5]", "[4]"]
        assert [conflict.differs for conflict in staging.conflicts()] == [("language",)]

    def test_case_and_spaces_of_a_name_are_no_conflict(self, staging: Planner) -> None:
        add(
            staging,
            recipient(1, name="Anna  Kowalska "),
            recipient(1, name="ANNA KOWALSKA"),
            recipient(1, name="anna\tkowalska"),
        )
        assert staging.conflicts() == []
        assert list(staging.shared()) == []
        assert [letter.name for letter in letters(staging)] == ["Anna  Kowalska "]

    @pytest.mark.parametrize(
        ("field", "other"),
        [("address", "b@example.org"), ("language", "en"), ("time_zone", "Europe/Riga")],
    )
    def test_rows_that_do_not_agree_are_a_conflict(self, staging: Planner, field: str, other: str) -> None:
        add(staging, recipient(4), recipient(1, line=12), recipient(2), recipient(1, line=40, **{field: other}))
        (conflict,) = staging.conflicts()
        assert conflict == Conflict(staged=2, lines=(12, 40), differs=(field,), address="customer1@example.org")
        assert conflict.problem == f"Lines 12, 40 share one letter, but differ in {field.replace('_', ' ')}."

    @pytest.mark.parametrize("field", ["name", "language", "time_zone"])
    @pytest.mark.parametrize("first", ["stated", "unstated"])
    def test_what_a_row_does_not_say_contradicts_nothing(self, staging: Planner, field: str, first: str) -> None:
        silent = {field: ""} if field != "name" else {"name": "", "person": None}
        one, other = ({}, silent) if first == "stated" else (silent, {})
        staging.add([(recipient(1, line=2, **one), "pl"), (recipient(1, line=3, **other), "pl")])
        assert staging.conflicts() == []
        (letter,) = letters(staging)
        assert (letter.name, letter.language, letter.time_zone) == (recipient(1).name, "pl", "Europe/Warsaw")

    def test_two_languages_with_one_letter_are_no_conflict(self, staging: Planner) -> None:
        staging.add([(recipient(1, line=2, language="de"), "en"), (recipient(1, line=3, language="fr"), "en")])
        assert staging.conflicts() == []

    def test_only_the_first_conflicts_are_listed_and_all_are_counted(self, staging: Planner) -> None:
        for number in range(30):
            add(
                staging,
                recipient(number, line=number),
                recipient(number, line=100 + number, language="en", time_zone="UTC"),
            )
        assert [conflict.lines for conflict in staging.conflicts(3)] == [(0, 100), (1, 101), (2, 102)]
        assert staging.conflicts(1)[0].differs == ("language", "time_zone")
        assert staging.counts().conflicts == 30

    def test_conflicts_can_be_set_aside_with_all_their_rows(self, empty: Ledger, staging: Planner) -> None:
        add(staging, recipient(1, line=2), recipient(2, line=3), recipient(1, line=4, language="en"))
        staging.withhold([Withheld(line=5, address="nobody", reason="There is no @.")])
        staging.withhold_conflicts()
        assert staging.conflicts() == []
        assert commit(staging, empty) == planned(new=1, withheld=3)
        rows = [json.loads(result.rows) for result in results(empty) if result.status is Status.WITHHELD]
        assert [[row.get("name") for row in each] for each in rows] == [["Łukasz 1", "Łukasz 1"], [None]]
        assert [(result.status, result.lines, result.reply) for result in results(empty)] == [
            (Status.PLANNED, "[3]", None),
            (Status.WITHHELD, "[2,4]", "Lines 2, 4 share one letter, but differ in language."),
            (Status.WITHHELD, "[5]", "There is no @."),
        ]

    def test_letters_can_be_set_aside_with_all_their_rows(self, empty: Ledger, staging: Planner) -> None:
        add(staging, recipient(1, line=2), recipient(2, line=3), recipient(2, line=4))
        bad = letters(staging)[1].id
        staging.withhold_letters([(bad, "The balance is missing.")])
        assert commit(staging, empty) == planned(new=1, withheld=2)
        assert [(result.address, result.lines, result.reply) for result in results(empty)[1:]] == [
            ("customer2@example.org", "[3,4]", "The balance is missing."),
        ]

    def test_counts_by_language_and_domain(self, staging: Planner) -> None:
        addresses = ["a@example.org", "b@example.org", '"x@y"@example.com', "c@xn--e1afmkfd.example"]
        languages = ["pl", "en", "en", ""]
        for number, (address, language) in enumerate(zip(addresses, languages, strict=True)):
            add(staging, recipient(number, address=address, language=language))
        counts = staging.counts(domains=2)
        assert counts.languages == {"en": 3, "pl": 1}
        assert counts.domains == (("example.org", 2), ("example.com", 1))

    def test_no_rows_at_all(self, empty: Ledger, staging: Planner) -> None:
        counts = staging.counts()
        assert (counts.letters, counts.rows, counts.languages, counts.domains) == (0, 0, {}, ())
        assert letters(staging) == []
        assert commit(staging, empty) == planned()


class TestCommit:
    def test_everyone_is_due_from_then_on(self, empty: Ledger, staging: Planner) -> None:
        add(staging, recipient(1), recipient(2))
        assert commit(staging, empty, now=NOON + 5) == planned(new=2)
        assert [(result.delivery, result.status, result.planned_at) for result in results(empty)] == [
            (1, Status.PLANNED, NOON + 5),
            (2, Status.PLANNED, NOON + 5),
        ]
        assert results(empty)[0].message_id == message_id(recipient(1).identity)

    def test_a_longer_file_adds_its_new_people_only(self, store: Store, empty: Ledger) -> None:
        plan_in(store, empty, map(recipient, range(3)))
        before = results(empty)
        with store.planner(WAVE, message_id) as staging:
            add(staging, *(recipient(number, line=50 - number) for number in range(4)))
            assert [letter.address for letter in letters(staging)] == ["customer3@example.org"]
            assert len(letters(staging, everyone=True)) == 4
            assert staging.compare() == planned(new=1, known=3)
            assert commit(staging, empty) == planned(new=1, known=3)
        assert results(empty)[:3] == [replace(each, lines=f"[{50 - n}]") for n, each in enumerate(before)]
        assert len(results(empty)) == 4

    def test_changed_data_reach_letters_that_are_still_due(self, store: Store, empty: Ledger) -> None:
        plan_in(store, empty, map(recipient, range(4)))
        deferred = mark(2, Status.DEFERRED)
        for each in (deferred, mark(3, Status.HANDING_OVER), mark(3, Status.ACCEPTED)):
            empty.record(each)
        asyncio.run(empty.flush())
        changed = [recipient(number, name="Changed", language="en", line=70 + number) for number in range(3)]
        with store.planner(WAVE, message_id) as staging:
            add(staging, *changed, recipient(3))
            assert [letter.id for letter in letters(staging)] == [1, 2]
            assert commit(staging, empty) == planned(updated=2, outdated=1, known=1)
        found = [(result.name, result.language, result.lines, result.status) for result in results(empty)]
        assert found == [
            ("Changed", "en", "[70]", Status.PLANNED),
            ("Changed", "en", "[71]", Status.DEFERRED),
            (recipient(2).name, "pl", "[72]", Status.ACCEPTED),
            (recipient(3).name, "pl", "[5]", Status.PLANNED),
        ]
        assert results(empty)[1].due_at == deferred.due_at

    def test_whoever_is_no_longer_in_the_file_is_withheld_unless_it_is_too_late(
        self, store: Store, empty: Ledger
    ) -> None:
        plan_in(store, empty, map(recipient, range(5)))
        for each in (mark(1, Status.HANDING_OVER), mark(2, Status.DEFERRED), mark(3, Status.REFUSED)):
            empty.record(each)
        asyncio.run(empty.flush())
        with store.planner(WAVE, message_id) as staging:
            add(staging, recipient(4), recipient(9))
            assert staging.compare() == commit(staging, empty) == planned(new=1, known=1, missing=2)
        assert [result.status for result in results(empty)] == [
            Status.HANDING_OVER,
            Status.WITHHELD,
            Status.REFUSED,
            Status.WITHHELD,
            Status.PLANNED,
            Status.PLANNED,
        ]
        withheld = results(empty)[1]
        assert (withheld.reply, withheld.due_at) == ("no longer in the recipients file", None)
        assert asyncio.run(empty.next_due_at()) is None

    def test_another_template_language_alone_is_a_change(self, store: Store, empty: Ledger) -> None:
        plan_in(store, empty, [recipient(1)])
        with store.planner(WAVE, message_id) as staging:
            staging.add([(recipient(1), "de")])
            assert commit(staging, empty) == planned(updated=1)
        assert results(empty)[0].language == "de"

    def test_rows_set_aside_are_those_of_the_last_plan(self, store: Store, empty: Ledger) -> None:
        for address in ("nobody", "nobody@", "nobody at all"):
            with store.planner(WAVE, message_id) as staging:
                row = {"phone": "+48 22 000 00 00"}
                staging.withhold([Withheld(line=7, address=address, reason="No.", row=row)])
                assert commit(staging, empty, now=NOON + len(address)) == planned(withheld=1)
        (only,) = results(empty)
        assert (only.delivery, only.address, only.lines, only.reply) == (None, "nobody at all", "[7]", "No.")
        assert (only.planned_at, only.status, only.message_id) == (NOON + 13, Status.WITHHELD, "")
        assert only.rows == '[{"phone":"+48 22 000 00 00"}]'
        assert empty.counts(WAVE)[Status.WITHHELD] == 1

    def test_waves_stand_beside_each_other(self, store: Store, empty: Ledger) -> None:
        plan_in(store, empty, map(recipient, range(2)))
        assert plan_in(store, empty, map(recipient, range(1, 3)), wave="second") == planned(new=2)
        assert [result.address for result in results(empty, "second")] == [
            "customer1@example.org",
            "customer2@example.org",
        ]
        assert [result.delivery for result in results(empty)] == [1, 2]
        assert [letter.wave for letter in asyncio.run(empty.claim(10, NOON))] == ["first"] * 2
        assert [letter.wave for letter in asyncio.run(empty.claim(10, NOON, wave="second"))] == ["second"] * 2

    def test_without_the_lock_there_is_no_plan(self, empty: Ledger, staging: Planner) -> None:
        add(staging, recipient(1))
        empty.release()
        with pytest.raises(FencedOut):
            commit(staging, empty)
        assert results(empty) == []

    def test_it_is_compared_with_the_ledger_as_it_is_then(self, store: Store, empty: Ledger, staging: Planner) -> None:
        add(staging, recipient(1), recipient(2))
        assert staging.compare() == planned(new=2)
        plan_in(store, empty, [recipient(2)])
        assert commit(staging, empty) == planned(new=1, known=1)
        assert commit(staging, empty) == planned(known=2)

    def test_what_was_planned_is_remembered(self, empty: Ledger, staging: Planner) -> None:
        staging.commit(
            empty, digest_parts={"csv": "ab", "template": "cd"}, header=("email", "imię"), canary=[], now=NOON
        )
        assert empty.digest_parts == {"csv": "ab", "template": "cd"}
        assert empty.header == ("email", "imię")


class TestTwoPlans:
    def test_two_plans_at_once_do_not_disturb_each_other(self, store: Store, empty: Ledger, staging: Planner) -> None:
        add(staging, recipient(1))
        with store.planner(WAVE, message_id) as other:
            add(other, recipient(2))
            assert commit(other, empty) == planned(new=1)
        assert commit(staging, empty) == planned(new=1, missing=1)


class Row(NamedTuple):
    person: int
    name: str
    language: str
    fact: str


ROWS = st.lists(
    st.builds(
        Row,
        st.integers(0, 6),
        st.sampled_from(["A", " a ", "B"]),
        st.sampled_from(["pl", "en"]),
        st.text("x,[]", max_size=2),
    ),
    max_size=12,
)


def as_recipients(rows: list[Row]) -> list[Recipient]:
    return [
        recipient(row.person, name=row.name, language=row.language, line=line, row={"fact": row.fact})
        for line, row in enumerate(rows, start=2)
    ]


@pytest.mark.parametrize("kind", IN_PROCESS)
@settings(max_examples=60, deadline=None)
@given(first=ROWS, second=ROWS, sent=st.sets(st.integers(0, 6)))
def test_plans_agree_with_a_simple_model(
    tmp_path_factory: pytest.TempPathFactory, kind: str, first: list[Row], second: list[Row], sent: set[int]
) -> None:
    agree_with_a_simple_model(KINDS[kind](tmp_path_factory.mktemp("model")), first, second, sent)


def agree_with_a_simple_model(store: Store, first: list[Row], second: list[Row], sent: set[int]) -> None:
    """The model holds, for each address in the order of planning, what the letter is rendered from."""
    model: dict[str, tuple[object, ...]] = {}
    done: set[str] = set()
    with store.create(CAMPAIGN) as ledger:
        ledger.acquire(NOON)
        for rows in (first, second):
            merged: dict[str, list[Recipient]] = {}
            for person in as_recipients(rows):
                merged.setdefault(person.address, []).append(person)
            missing = model.keys() - merged.keys() - done
            done |= missing
            expected = {"new": 0, "known": 0, "updated": 0, "outdated": 0, "missing": len(missing)}
            for address, people in merged.items():
                data = (people[0].name, people[0].language, [dict(person.row) for person in people])
                if address not in model:
                    fate = "new"
                elif model[address] == data:
                    fate = "known"
                else:
                    fate = "outdated" if address in done else "updated"
                expected[fate] += 1
                if fate in {"new", "updated"}:
                    model[address] = data
            assert plan_in(store, ledger, as_recipients(rows)) == planned(**expected)
            found = results(ledger)
            assert [
                (result.address, result.name, result.language, msgspec.json.decode(result.rows)) for result in found
            ] == [(address, *data) for address, data in model.items()]
            for result in found:
                if (
                    int(result.address.removeprefix("customer").partition("@")[0]) in sent
                    and result.address not in done
                ):
                    assert result.delivery is not None
                    ledger.record(mark(result.delivery, Status.HANDING_OVER))
                    done.add(result.address)
            asyncio.run(ledger.flush())
