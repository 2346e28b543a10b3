"""A plan meets the ledger: people who were planned before are known again, whatever they are called now."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ledger_samples import CAMPAIGN, NOON, WAVE, mark, message_id

from mass_apology.ledger import Known, Planned, Result
from mass_apology.ledger.merging import Row, merge
from mass_apology.ledger.sqlite import SqliteLedger, SqliteStaging
from mass_apology.model import Recipient, Status
from mass_apology.recipients.identity import identify

pytestmark = pytest.mark.slow

REACHED = {Status.HANDING_OVER, Status.ACCEPTED, Status.IN_DOUBT, Status.BOUNCED, Status.COMPLAINED}


@pytest.fixture
def ledger(path: Path) -> Iterator[SqliteLedger]:
    with SqliteLedger.create(path, CAMPAIGN) as ledger:
        ledger.acquire(NOON)
        yield ledger


def person(line: int, address: str, name: str = "", key: str = "", *, each: bool = False, **more: str) -> Recipient:
    """A row as a file gives it; ``each``: each customer gets a letter."""
    identity, mailbox, customer, named = identify(address, name, key, each_customer=each)
    return Recipient(
        identity=identity,
        mailbox=mailbox,
        customer=customer,
        person=named,
        address=address,
        name=name,
        line=line,
        row={"email": address, "name": name, **more},
    )


def plan(ledger: SqliteLedger, *people: Recipient, each: bool = False) -> tuple[Planned, Known]:
    """Plan it as the file says now; what it did to the ledger, and what was known before."""
    with SqliteStaging(ledger.path, WAVE, message_id, each_customer=each) as staging:
        staging.add([(one, "en") for one in people])
        known = staging.known()
        foretold = staging.compare()
        planned = staging.commit(ledger, digest_parts={}, header=(), canary=[], now=NOON)
    assert foretold == planned
    return planned, known


def results(ledger: SqliteLedger) -> list[Result]:
    return list(ledger.results(WAVE))


def reach(ledger: SqliteLedger, *deliveries: int, status: Status = Status.ACCEPTED) -> None:
    """These letters left, and ended so."""
    for delivery in deliveries:
        if status is not Status.REFUSED:
            ledger.record(mark(delivery, Status.HANDING_OVER))
        if status is Status.BOUNCED:
            ledger.record(mark(delivery, Status.ACCEPTED))
        if status is not Status.HANDING_OVER:
            ledger.record(mark(delivery, status))
    asyncio.run(ledger.flush())


def planned(**counts: int) -> Planned:
    return Planned(**{**dict.fromkeys(Planned.__struct_fields__, 0), **counts})


def message_ids(ledger: SqliteLedger) -> list[str]:
    return [result.message_id for result in results(ledger) if result.message_id]


class TestOneLetterForAMailbox:
    @pytest.mark.parametrize(
        "again",
        [
            person(9, "anna@x.example", "Lucja Ek"),
            person(9, "anna@x.example", "Dr Łucja Ek"),
            person(9, "ANNA@x.example", "ŁUCJA EK"),
            person(9, "anna@x.example", "Łucja Ek", "17"),
            person(9, "anna@x.example", "Somebody Else", "4"),
            person(9, "anna@x.example"),
        ],
    )
    def test_who_was_written_to_is_known_whatever_the_row_says_now(
        self, ledger: SqliteLedger, again: Recipient
    ) -> None:
        plan(ledger, person(2, "anna@x.example", "Łucja Ek"))
        reach(ledger, 1)
        found, known = plan(ledger, again)
        assert found.new == 0
        assert (known.known, known.written) == (1, 0)
        assert [result.status for result in results(ledger)] == [Status.ACCEPTED]

    def test_a_whole_list_exported_anew_in_another_order_with_keys(self, ledger: SqliteLedger) -> None:
        plan(ledger, *(person(n, f"u{n}@x.example", f"Łucja {n}") for n in range(50)))
        reach(ledger, *range(1, 51))
        before = message_ids(ledger)
        found, _ = plan(ledger, *(person(n, f"U{n}@x.example", f"Lucja {n}", f"k{n}") for n in reversed(range(52))))
        assert found == planned(new=2, outdated=50)
        assert message_ids(ledger)[:50] == before
        assert len(set(message_ids(ledger))) == 52

    def test_a_key_that_is_named_later_is_remembered(self, ledger: SqliteLedger) -> None:
        plan(ledger, person(2, "anna@x.example", "Anna"))
        reach(ledger, 1)
        assert plan(ledger, person(2, "anna@x.example", "Anna", "17"))[0] == planned(known=1)
        found, known = plan(ledger, person(2, "anna@new.example", "Anna", "17"))
        assert found == planned(outdated=1)
        assert known.moved == ((2, "anna@new.example"),)

    def test_a_corrected_address_of_a_known_key_is_an_update_while_the_letter_is_due(
        self, ledger: SqliteLedger
    ) -> None:
        plan(ledger, person(2, "old@x.example", "Anna", "17"))
        before = message_ids(ledger)
        found, known = plan(ledger, person(2, "new@x.example", "Anna", "17"))
        assert found == planned(updated=1)
        assert known.moved == ()
        assert [(result.address, result.message_id) for result in results(ledger)] == [("new@x.example", before[0])]

    def test_without_a_key_a_corrected_address_is_another_mailbox(self, ledger: SqliteLedger) -> None:
        plan(ledger, person(2, "old@x.example", "Anna"))
        assert plan(ledger, person(2, "new@x.example", "Anna"))[0] == planned(new=1, missing=1)

    @pytest.mark.parametrize("status", [Status.REFUSED, Status.BOUNCED])
    def test_whom_no_letter_reached_gets_it_at_the_corrected_address(
        self, ledger: SqliteLedger, status: Status
    ) -> None:
        plan(ledger, person(2, "old@x.example", "Anna", "17"))
        reach(ledger, 1, status=status)
        assert plan(ledger, person(2, "new@x.example", "Anna", "17"))[0] == planned(new=1)
        assert [(result.address, result.status) for result in results(ledger)] == [
            ("old@x.example", status),
            ("new@x.example", Status.PLANNED),
        ]
        assert len(set(message_ids(ledger))) == 2
        assert plan(ledger, person(2, "new@x.example", "Anna", "17"))[0] == planned(known=1)

    def test_swapped_keys_make_nobody_new(self, ledger: SqliteLedger) -> None:
        plan(ledger, person(2, "anna@x.example", "Anna", "1"), person(3, "bo@x.example", "Bo", "2"))
        reach(ledger, 1)
        found, _ = plan(ledger, person(2, "anna@x.example", "Anna", "2"), person(3, "bo@x.example", "Bo", "1"))
        assert found == planned(known=2)
        assert [result.address for result in results(ledger)] == ["anna@x.example", "bo@x.example"]

    def test_swapped_addresses_make_nobody_new(self, ledger: SqliteLedger) -> None:
        plan(ledger, person(2, "anna@x.example", "Anna", "1"), person(3, "bo@x.example", "Bo", "2"))
        reach(ledger, 1)
        found, _ = plan(ledger, person(2, "bo@x.example", "Anna", "1"), person(3, "anna@x.example", "Bo", "2"))
        assert found == planned(outdated=1, updated=1)
        assert len(set(message_ids(ledger))) == 2

    def test_an_address_that_somebody_left_is_another_s_with_a_message_id_of_its_own(
        self, ledger: SqliteLedger
    ) -> None:
        plan(ledger, person(2, "office@x.example", "Anna", "1"))
        plan(ledger, person(2, "anna@x.example", "Anna", "1"))
        found, _ = plan(ledger, person(2, "anna@x.example", "Anna", "1"), person(3, "office@x.example", "Bo", "2"))
        assert found == planned(known=1, new=1)
        assert [result.address for result in results(ledger)] == ["anna@x.example", "office@x.example"]
        assert len(set(message_ids(ledger))) == 2
        again, _ = plan(ledger, person(2, "anna@x.example", "Anna", "1"), person(3, "office@x.example", "Bo", "2"))
        assert again == planned(known=2)

    def test_whoever_comes_back_keeps_the_message_id(self, ledger: SqliteLedger) -> None:
        """Also under an address that is not the first one."""
        plan(ledger, person(2, "old@x.example", "Anna", "1"))
        plan(ledger, person(2, "new@x.example", "Anna", "1"))
        before = message_ids(ledger)
        assert plan(ledger)[0] == planned(missing=1)
        assert plan(ledger, person(2, "new@x.example", "Anna", "1"))[0] == planned(new=1)
        assert message_ids(ledger) == before

    def test_a_second_person_of_a_mailbox_that_has_its_letter_gets_none(self, ledger: SqliteLedger) -> None:
        plan(ledger, person(2, "office@x.example", "Anna"))
        reach(ledger, 1)
        found, _ = plan(ledger, person(2, "office@x.example", "Anna"), person(3, "office@x.example", "Bo"))
        assert found == planned(outdated=1)

    def test_nothing_is_known_of_another_list(self, ledger: SqliteLedger) -> None:
        plan(ledger, person(2, "anna@x.example"))
        reach(ledger, 1)
        _, known = plan(ledger, person(2, "bo@x.example"), person(3, "eva@x.example"))
        assert (known.known, known.earlier) == (0, 1)
        assert known.earlier_at == mark(1, Status.ACCEPTED).at

    def test_a_ledger_that_gave_each_customer_a_letter(self, ledger: SqliteLedger) -> None:
        """From now on mailboxes count: whose mailbox was reached gets nothing more, and nobody is in the way."""
        pairs = [(f"m{n}@x.example", f"{who} {n}", f"{who}{n}") for n in range(3) for who in ("Anna", "Bo")]
        people = [person(line, *pair, each=True) for line, pair in enumerate(pairs, start=2)]
        assert plan(ledger, *people, each=True)[0] == planned(new=6)
        reach(ledger, 2)  # Bo of the first mailbox
        before = message_ids(ledger)
        found, known = plan(ledger, *(person(line, *pair) for line, pair in enumerate(pairs, start=2)))
        assert found == planned(outdated=1, updated=2, superseded=3)
        assert known.written == 0
        assert [result.status.value for result in results(ledger)] == [
            *("WITHHELD", "ACCEPTED", "PLANNED", "WITHHELD", "PLANNED", "WITHHELD"),
        ]
        assert results(ledger)[0].reply == "the mailbox or the customer gets another letter of this wave"
        assert message_ids(ledger) == before
        again, _ = plan(ledger, *(person(line, *pair) for line, pair in enumerate(pairs, start=2)))
        assert again == planned(outdated=1, known=2)


SUBSETS = [(), ("6",), ("9",), ("6", "9")]


class TestCustomersWhoMoveIntoOneMailbox:
    """Who was reached × what became of the mailbox × who has it now: 48 cases, and each is right by one sentence."""

    @pytest.mark.parametrize("now", [*SUBSETS[1:], ("6", "")])
    @pytest.mark.parametrize("mailbox_is", ["new", "due", "reached"])
    @pytest.mark.parametrize("reached", SUBSETS)
    def test_it_gets_a_letter_unless_it_or_all_who_have_it_were_reached(
        self, ledger: SqliteLedger, reached: tuple[str, ...], mailbox_is: str, now: tuple[str, ...]
    ) -> None:
        before = [person(2, "b@x.example", "Bo", "8")] if mailbox_is != "new" else []
        before += [person(3, f"old{key}@x.example", f"Customer {key}", key) for key in reached]
        plan(ledger, *before)
        left = range(1, len(before) + 1) if mailbox_is != "due" else range(2, len(before) + 1)
        reach(ledger, *left)

        file = [person(n, "b@x.example", f"Customer {key}", key) for n, key in enumerate(now, start=2)]
        found, known = plan(ledger, *file)

        gets_one = mailbox_is != "reached" and not set(now) <= set(reached)
        due = [each.address for each in results(ledger) if each.status is Status.PLANNED]
        assert due == ["b@x.example"] * gets_one
        assert found.new + found.updated + found.known + found.outdated == 1
        assert known.written == 0
        again, _ = plan(ledger, *file)
        assert (again.new, again.updated) == (0, 0)
        assert [each.address for each in results(ledger) if each.status is Status.PLANNED] == due

    def test_who_shared_a_letter_was_reached_wherever_each_of_them_goes(self, ledger: SqliteLedger) -> None:
        plan(ledger, person(2, "m@x.example", "Anna", "1"), person(3, "m@x.example", "Bo", "2"))
        reach(ledger, 1)
        moved = [person(2, "m@x.example", "Anna", "1"), person(3, "bo@x.example", "Bo", "2")]
        assert plan(ledger, *moved)[0] == planned(outdated=2)
        assert plan(ledger, *moved)[0] == planned(outdated=2)  # the key is not forgotten with the row
        apart = [person(2, "anna@x.example", "Anna", "1"), person(3, "bo@x.example", "Bo", "2")]
        assert plan(ledger, *apart)[0] == planned(outdated=2)
        assert plan(ledger, person(3, "bo@x.example", "Bo", "2"))[0] == planned(outdated=1)

    def test_who_came_into_a_mailbox_after_its_letter_gets_one_when_they_move_on(self, ledger: SqliteLedger) -> None:
        anna = person(2, "m@x.example", "Anna", "1")
        plan(ledger, anna)
        reach(ledger, 1)
        assert plan(ledger, anna, person(3, "m@x.example", "Bo", "2"))[0].new == 0
        assert plan(ledger, anna, person(3, "bo@x.example", "Bo", "2"))[0].new == 1

    def test_two_whose_letters_are_due_and_who_move_together_get_one(self, ledger: SqliteLedger) -> None:
        plan(ledger, person(2, "anna@x.example", "Anna", "1"), person(3, "bo@x.example", "Bo", "2"))
        together = [person(2, "m@x.example", "Anna", "1"), person(3, "m@x.example", "Bo", "2")]
        assert plan(ledger, *together)[0] == planned(updated=1, superseded=1)
        assert [(each.address, each.status) for each in results(ledger)] == [
            ("m@x.example", Status.PLANNED),
            ("bo@x.example", Status.WITHHELD),
        ]

    def test_a_second_mailbox_of_a_customer_who_keeps_the_first_has_a_letter_of_its_own(
        self, ledger: SqliteLedger
    ) -> None:
        both = [person(2, "anna@x.example", "Anna", "1"), person(3, "anna@home.example", "Anna", "1")]
        assert plan(ledger, *both)[0] == planned(new=2)
        reach(ledger, 1)
        assert plan(ledger, *both)[0] == planned(known=2)
        assert plan(ledger, both[1])[0] == planned(outdated=1, superseded=1)  # the first one is left

    def test_in_each_customers_letter_a_shared_one_counts_once(self, ledger: SqliteLedger) -> None:
        plan(ledger, person(2, "m@x.example", "Anna", "1"), person(3, "m@x.example", "Bo", "2"))
        reach(ledger, 1)
        bo = person(3, "bo@x.example", "Bo", "2", each=True)
        assert plan(ledger, bo, each=True)[0] == planned(outdated=1)


class TestALetterForEachCustomer:
    def test_two_customers_of_one_mailbox(self, ledger: SqliteLedger) -> None:
        people = [person(2, "m@x.example", "Anna", "1", each=True), person(3, "m@x.example", "Bo", "2", each=True)]
        assert plan(ledger, *people, each=True)[0] == planned(new=2)
        reach(ledger, 1)
        found, known = plan(ledger, *people, each=True)
        assert (found, known.written) == (planned(known=2), 0)
        assert len(set(message_ids(ledger))) == 2

    def test_a_new_customer_of_a_mailbox_that_was_reached_is_told(self, ledger: SqliteLedger) -> None:
        anna = person(2, "m@x.example", "Anna", "1", each=True)
        plan(ledger, anna, each=True)
        reach(ledger, 1)
        found, known = plan(ledger, anna, person(3, "M@x.example", "Bo", "2", each=True), each=True)
        assert found == planned(known=1, new=1)
        assert known.written == 1
        (again,) = known.again
        assert (again.lines, again.name, again.address) == ((3,), "Bo", "M@x.example")
        assert (again.status, again.at) == (Status.ACCEPTED, mark(1, Status.ACCEPTED).at)

    @pytest.mark.parametrize("status", [Status.HANDING_OVER, Status.IN_DOUBT, Status.BOUNCED])
    def test_whatever_may_have_reached_it_counts(self, ledger: SqliteLedger, status: Status) -> None:
        anna = person(2, "m@x.example", "Anna", "1", each=True)
        plan(ledger, anna, each=True)
        reach(ledger, 1, status=status)
        _, known = plan(ledger, anna, person(3, "m@x.example", "Bo", "2", each=True), each=True)
        assert [each.status for each in known.again] == [status]

    def test_a_refused_letter_reached_nobody(self, ledger: SqliteLedger) -> None:
        anna = person(2, "m@x.example", "Anna", "1", each=True)
        plan(ledger, anna, each=True)
        reach(ledger, 1, status=Status.REFUSED)
        assert plan(ledger, anna, person(3, "m@x.example", "Bo", "2", each=True), each=True)[1].written == 0

    @pytest.mark.parametrize("name", ["Łucja Ek", "Lucja Ek", "Dr Łucja Ek", "Łucja Nowak", ""])
    def test_a_key_or_a_name_that_is_stated_later_makes_nobody_new(self, ledger: SqliteLedger, name: str) -> None:
        plan(ledger, person(2, "m@x.example", "Łucja Ek", each=True), each=True)
        reach(ledger, 1)
        assert plan(ledger, person(2, "m@x.example", name, "17", each=True), each=True)[0].new == 0
        found, _ = plan(ledger, person(2, "m@x.example", name, "17", each=True), each=True)
        assert found.new == 0

    @pytest.mark.parametrize("keys", [("", ""), ("1", "2")])
    def test_after_a_purge_customers_are_still_known(self, ledger: SqliteLedger, keys: tuple[str, str]) -> None:
        people = [person(n, "m@x.example", f"Customer {n}", key, each=True) for n, key in enumerate(keys, start=2)]
        plan(ledger, *people, each=True)
        reach(ledger, 1, 2)
        ledger.purging.purge(NOON)
        found, known = plan(ledger, *reversed(people), each=True)
        assert (found.new, known.written, known.known) == (0, 0, 2)

    def test_keys_of_another_column_are_told_before_anything_leaves(self, ledger: SqliteLedger) -> None:
        plan(ledger, *(person(n, f"u{n}@x.example", "Anna", f"k{n}", each=True) for n in range(30)), each=True)
        reach(ledger, *range(1, 31))
        again = (person(n, f"u{n}@x.example", "Anna", f"other{n}", each=True) for n in range(30))
        found, known = plan(ledger, *again, each=True)
        assert (found.new, known.written, len(known.again)) == (30, 30, 5)

    def test_a_known_key_at_a_mailbox_that_was_reached_is_told(self, ledger: SqliteLedger) -> None:
        anna = person(2, "anna@x.example", "Anna", "1", each=True)
        plan(ledger, anna, person(3, "bo@x.example", "Bo", "2", each=True), each=True)
        reach(ledger, 1)
        found, known = plan(ledger, anna, person(3, "anna@x.example", "Bo", "2", each=True), each=True)
        assert found == planned(known=1, updated=1)
        assert known.written == 1

    def test_a_ledger_that_gave_each_mailbox_a_letter(self, ledger: SqliteLedger) -> None:
        """One of those who shared it may be known by the key; the others are told before they get a second one."""
        pairs = [("m@x.example", "Anna", "1"), ("m@x.example", "Bo", "2"), ("eva@x.example", "Eva", "3")]
        plan(ledger, *(person(line, *pair) for line, pair in enumerate(pairs, start=2)))
        reach(ledger, 1, 2)
        found, known = plan(
            ledger, *(person(line, *pair, each=True) for line, pair in enumerate(pairs, start=2)), each=True
        )
        assert (found.new, found.missing) == (1, 0)
        assert [each.name for each in known.again] == ["Bo"]
        assert len(set(message_ids(ledger))) == 3


ADDRESSES = st.sampled_from(["a@x.example", "A@x.example", "b@x.example", "c@żółć.example", "c@xn--kda4b0koi.example"])
NAMES = st.sampled_from(["", "Anna", "Łucja", "Lucja", "Bo Ek"])
KEYS = st.sampled_from(["", "1", "2", "3"])
FILES = st.lists(st.tuples(ADDRESSES, NAMES, KEYS), max_size=6)
ENDS = st.sampled_from([Status.ACCEPTED, Status.ACCEPTED, Status.REFUSED, Status.BOUNCED, Status.HANDING_OVER])
STORIES = st.lists(st.tuples(FILES, st.booleans(), st.dictionaries(st.integers(1, 14), ENDS, max_size=5)), max_size=5)


def mailbox(letter: Result) -> int:
    return identify(letter.address, "", "", each_customer=False).mailbox


@settings(max_examples=40, deadline=None)
@given(story=STORIES)
def test_no_mailbox_is_reached_twice_without_a_word(
    tmp_path_factory: pytest.TempPathFactory, story: list[tuple[list[tuple[str, str, str]], bool, dict[int, Status]]]
) -> None:
    """Whatever files follow one another, whichever letters leave in between, and however often it is changed what gets
    one letter: mailboxes never get a second one, customers only after it was told how many."""
    path = tmp_path_factory.mktemp("story") / "ledger.sqlite"
    with SqliteLedger.create(path, CAMPAIGN) as ledger:
        ledger.acquire(NOON)
        for rows, each, ends in story:
            before = {
                letter.message_id: mailbox(letter) for letter in results(ledger) if letter.status is Status.PLANNED
            }
            reached = {mailbox(letter) for letter in results(ledger) if letter.status in REACHED}
            with SqliteStaging(path, WAVE, message_id, each_customer=each) as staging:
                staging.add([(person(line, *row, each=each), "en") for line, row in enumerate(rows, start=2)])
                staging.withhold_conflicts()
                known = staging.known(20)
                foretold = staging.compare()
                assert staging.commit(ledger, digest_parts={}, header=(), canary=[], now=NOON) == foretold
            due = {letter.message_id: mailbox(letter) for letter in results(ledger) if letter.status is Status.PLANNED}
            again = [one for one, box in due.items() if box in reached and before.get(one) != box]
            assert len(again) == known.written
            assert each or not reached & set(due.values())
            assert len(set(message_ids(ledger))) == len(message_ids(ledger))
            for delivery in {letter.delivery for letter in results(ledger) if letter.message_id in due} & ends.keys():
                assert delivery is not None
                reach(ledger, delivery, status=ends[delivery])


class TestMerging:
    def row(self, number: int, **facts: object) -> Row:
        usual: dict[str, object] = {
            "id": number,
            "identity": 7,
            "customer": None,
            "person": None,
            "address": "m@x.example",
            "name": "",
            "language": "",
            "time_zone": "",
            "letter_language": "en",
            "lines": f"[{number}]",
            "rows": "[{}]",
            "names": None,
        }
        return Row(**(usual | facts))

    def test_three_persons_have_one_letter_without_a_name(self) -> None:
        rows = [self.row(n, name=name, person=n) for n, name in enumerate(["Anna", "Bo", "Eva"])]
        merging = merge([*rows, self.row(9, name="ANNA", person=0)], each_customer=False)
        assert merging.persons == ("Anna", "Bo", "Eva")
        assert (merging.merged.name, merging.merged.person, merging.merged.lines) == ("", None, "[0,1,2,9]")
        assert merging.differs == ()

    def test_one_customer_has_one_name(self) -> None:
        rows = [self.row(1, name="Anna", person=1), self.row(2, name="Bo", person=2)]
        assert merge(rows, each_customer=True).differs == ("name",)

    def test_the_first_key_stands_and_the_others_are_kept(self) -> None:
        rows = [self.row(1), self.row(2, customer=5), self.row(3, customer=6)]
        merging = merge([*rows, self.row(4, customer=6)], each_customer=False)
        assert merging.merged.customer == 5
        assert merging.further == (None, 6)

    def test_persons_stay_several_when_rows_come_later(self, path: Path) -> None:
        with SqliteStaging(path, WAVE, message_id) as staging:
            for line, name in enumerate(["Anna", "Bo", "Eva"], start=2):
                staging.add([(person(line, "m@x.example", name), "en")])
                found = list(staging.shared())
            (shared,) = found
            assert (shared.names, shared.persons, shared.lines) == (("Anna", "Bo", "Eva"), 3, (2, 3, 4))
            assert [letter.name for batch in staging.deliveries(9) for letter in batch] == [""]
