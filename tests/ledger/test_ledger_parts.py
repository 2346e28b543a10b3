"""What every ledger promises to those who look at it, follow up, and read what came back, whatever it is made of."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from ledger_samples import (
    CAMPAIGN,
    NOON,
    SHA256,
    WAVE,
    bring,
    claim,
    ids,
    mark,
    message_id,
    plan_in,
    recipient,
    record,
    result,
    statuses_in,
)
from msgspec.structs import replace

from mass_apology.errors import LedgerError
from mass_apology.ledger import Ledger, Store
from mass_apology.ledger.came_back import Doubt, Match, Note, Proof, Recorded, Token, Traces
from mass_apology.ledger.further_waves import Addition, Armed, Thread
from mass_apology.ledger.recorded import Unfinished, digest_of
from mass_apology.ledger.staged import Changed
from mass_apology.ledger.whereabouts import Gone, KnownLetter, LogMark
from mass_apology.model import LargestLetter, Mark, Status, Withheld

PLANNED, DEFERRED, HANDING_OVER, ACCEPTED = Status.PLANNED, Status.DEFERRED, Status.HANDING_OVER, Status.ACCEPTED
IN_DOUBT, REFUSED, WITHHELD, BOUNCED = Status.IN_DOUBT, Status.REFUSED, Status.WITHHELD, Status.BOUNCED
LATER = "later"


def later(*recipients: int) -> list[Addition]:
    return [Addition(recipient=each, language="en", message_id=f"<later{each}@acme.example>") for each in recipients]


def address(number: int) -> str:
    return recipient(number).address


def gone(ledger: Ledger, *deliveries: int) -> None:
    for each in deliveries:
        bring(ledger, each, ACCEPTED)


class TestStore:
    def test_there_is_no_ledger_until_it_is_made_and_then_it_is_not_made_again(self, store: Store) -> None:
        assert not store.exists()
        for open_ledger in (store.open, store.read):
            with pytest.raises(LedgerError):
                open_ledger(CAMPAIGN)
        with pytest.raises(LedgerError):
            store.read()
        store.create(CAMPAIGN).__exit__()
        assert store.exists()
        with pytest.raises(LedgerError):
            store.create(CAMPAIGN)
        assert store.stray() == ""

    def test_another_campaigns_ledger_is_not_opened(self, store: Store, held: Ledger) -> None:
        for open_ledger in (store.open, store.read):
            with pytest.raises(LedgerError):
                open_ledger("another")
        with store.read() as records:
            assert (records.name, records.place, records.is_purged) == (CAMPAIGN, held.place, False)

    def test_one_in_which_nothing_was_planned_is_any_campaigns(self, store: Store) -> None:
        store.create(CAMPAIGN).__exit__()
        with store.read("another") as records:
            key = records.key
        with store.open("another") as ledger:
            assert ledger.key == key
        with store.read() as records:
            assert records.name == "another"


class TestResults:
    @pytest.mark.parametrize("status", Status)
    def test_each_status_is_counted_and_told(self, store: Store, held: Ledger, status: Status) -> None:
        bring(held, 5, status)
        with store.read(CAMPAIGN) as records:
            others = {} if status is PLANNED else {status: 1}
            expected = dict.fromkeys(Status, 0) | {PLANNED: 20 - len(others)} | others
            assert records.counts(WAVE) == records.people(WAVE).counts == expected
            assert result(records, 5).status is status

    def test_an_accepted_letter_and_its_person(self, held: Ledger) -> None:
        bring(held, 5, ACCEPTED)
        told, person = result(held, 5), recipient(4)
        assert (told.address, told.name, told.language, told.time_zone, told.wave) == (
            person.address, person.name, "pl", "Europe/Warsaw", WAVE,
        )  # fmt: skip
        assert (told.message_id, told.lines, told.sha256) == (message_id(person.identity), "[6]", SHA256)
        assert (told.planned_at, told.handed_over_at, told.accepted_at) == (NOON, NOON + 5, NOON + 5)

    def test_whose_rows_are_set_aside_is_one_person_after_the_letters(self, store: Store, empty: Ledger) -> None:
        rows = [
            Withheld(line=9, address="eva@", reason="No domain.", identity=77, row={"a": "2"}),
            Withheld(line=3, address="eva@", reason="No name.", identity=77, row={"a": "1"}),
            Withheld(line=7, address="", reason="No address."),
            Withheld(line=8, address=address(1), reason="Odd.", identity=recipient(1).identity),  # who has a letter
        ]
        with store.planner(WAVE, message_id) as plan:
            plan.add([(recipient(1), "pl")])
            plan.withhold(rows)
            plan.commit(empty, digest_parts={}, header=(), canary=(), now=NOON)
        assert [(each.delivery, each.lines, each.reply) for each in empty.results(WAVE)] == [
            (1, "[3]", None),
            (None, "[3,9]", "Line 3: No name. Line 9: No domain."),
            (None, "[7]", "No address."),
        ]
        people = empty.people(WAVE)
        assert (people.letters, people.set_aside, people.rows_set_aside) == (1, 2, 4)
        assert people.counts[WITHHELD] == 2
        assert sorted(reason for _, reason in empty.kept_back(WAVE)) == [
            "No address.",
            "No domain.",
            "No name.",
            "Odd.",
        ]

    def test_who_waits_and_who_is_in_doubt(self, store: Store, held: Ledger) -> None:
        for delivery, status in ((1, DEFERRED), (2, ACCEPTED), (3, IN_DOUBT), (4, IN_DOUBT)):
            bring(held, delivery, status)
        plan_in(store, held, [recipient(0), recipient(2), *map(recipient, range(4, 20))])  # number 3 has left the file
        waiting = [letter for page in held.waiting(WAVE) for letter in page]
        assert waiting[0] == (1, address(0), False)
        assert [letter for letter, _, _ in waiting] == [1, *range(5, 21)]
        assert held.in_doubt_ids(WAVE) == [3]

    def test_the_largest_letter_of_each_wave(self, held: Ledger) -> None:
        small, large = LargestLetter(octets=10, encoded=12, line=2), LargestLetter(octets=20, encoded=22, line=3)
        held.waves.add(LATER, later(1), NOON, largest=large)
        held.waves.add(LATER, later(2), NOON, largest=small)
        assert (held.largest_letter(LATER), held.largest_letter("none")) == (large, LargestLetter())
        assert held.wave_names() == [WAVE, LATER]

    def test_notes_and_editions_are_kept_in_their_order(self, store: Store, held: Ledger) -> None:
        held.note(NOON + 9, "second in time")
        held.note(NOON, "first in time")
        held.begin_edition(WAVE, {"template": "a"}, NOON)
        gone(held, 1, 2)
        held.begin_edition(WAVE, {"template": "b"}, NOON + 1)
        bring(held, 3, HANDING_OVER)
        with store.read(CAMPAIGN) as records:
            assert [(note.at, note.what) for note in records.notes()] == [
                (NOON + 9, "second in time"),
                (NOON, "first in time"),
            ]
            assert [(each.digest_parts, each.first_at, each.letters) for each in records.editions()] == [
                ({"template": "a"}, NOON, 2),
                ({"template": "b"}, NOON + 1, 0),
            ]


class TestWaves:
    def test_a_letter_of_a_further_wave_answers_to_the_accepted_one(self, store: Store, held: Ledger) -> None:
        gone(held, 1)
        bring(held, 2, BOUNCED)
        bring(held, 3, REFUSED)
        held.waves.add(LATER, later(3, 2, 1), NOON)
        third, second, first = asyncio.run(held.claim(9, NOON, wave=LATER))
        assert (first.number, first.message_id, first.language) == (23, "<later1@acme.example>", "en")
        assert (first.thread, first.thread_subject) == ((message_id(recipient(0).identity),), "We are sorry, 1")
        assert (second.thread, third.thread) == ((message_id(recipient(1).identity),), ())
        assert held.waves.threads([1, 3]) == {1: Thread(message_ids=first.thread, subject=first.thread_subject)}
        assert statuses_in(store, LATER) == {21: PLANNED, 22: PLANNED, 23: PLANNED}

    def test_nobody_gets_two_letters_of_a_wave_unless_the_first_was_withheld(self, store: Store, held: Ledger) -> None:
        held.waves.add(LATER, later(1, 2), NOON)
        for again in (later(3, 1), later(4, 4)):
            with pytest.raises(LedgerError):
                held.waves.add(LATER, again, NOON)
        assert len(statuses_in(store, LATER)) == 2  # all of them or none
        held.waves.withhold({21: "suppressed"}, NOON)
        held.waves.add(LATER, later(1), NOON)
        assert list(statuses_in(store, LATER).values()) == [PLANNED, PLANNED]
        assert held.waves.planned(LATER) == 2

    def test_only_letters_that_are_due_are_withheld(self, store: Store, held: Ledger) -> None:
        for delivery, status in ((1, DEFERRED), (2, ACCEPTED), (3, HANDING_OVER)):
            bring(held, delivery, status)
        held.waves.withhold(dict.fromkeys(range(1, 5), "suppressed"), NOON + 7)
        assert [statuses_in(store)[each] for each in range(1, 5)] == [WITHHELD, ACCEPTED, HANDING_OVER, WITHHELD]
        told = result(held, 1)
        assert (told.reply, told.marked_at, told.due_at, told.code) == ("suppressed", NOON + 7, None, None)
        assert dict(held.kept_back(WAVE)) == {address(0): "suppressed", address(3): "suppressed"}

    def test_candidates_know_both_letters(self, held: Ledger) -> None:
        held.begin_edition(WAVE, {"template": "a"}, NOON)
        gone(held, 1, 2)
        held.feedback.record([note(1, None, kind="reply")], NOON)
        held.waves.add(LATER, later(1), NOON)
        one, two, *others = held.waves.candidates(WAVE, LATER)
        assert (one.delivery, one.recipient, one.identity, one.address) == (1, 1, recipient(0).identity, address(0))
        assert (one.status, one.accepted_at, one.sha256) == (ACCEPTED, NOON + 1, SHA256)
        assert one.edition == digest_of({"template": "a"})
        assert (one.replied, one.left_file, one.next_delivery, one.next_status) == (True, False, 21, PLANNED)
        assert (two.replied, two.next_delivery, two.next_status) == (False, None, None)
        assert (len(others), others[0].status, others[0].accepted_at) == (18, PLANNED, None)
        assert held.waves.candidates_of(WAVE, [21]) == [one]

    def test_changes_hold_from_then_on(self, held: Ledger) -> None:
        data = {"address": "kept@x.example", "name": "Bo", "language": "de", "time_zone": "UTC", "lines": "[99]"}
        held.waves.add(LATER, later(1), NOON, changes=[Changed(recipient=1, rows='[{"a":"1"}]', **data)])
        (letter,) = asyncio.run(held.claim(1, NOON, wave=LATER))
        assert (letter.name, letter.time_zone, letter.rows) == ("Bo", "UTC", '[{"a":"1"}]')
        assert (letter.address, letter.lines) == (address(0), "[2]")

    def test_consents_are_kept_and_noted(self, store: Store, held: Ledger) -> None:
        held.waves.add(LATER, later(1, 2), NOON)
        with store.open(CAMPAIGN) as beside:  # without the lock
            for letters in (5, 1):
                consent = Armed(wave=LATER, at=NOON, by="Anna", letters=letters, digest_parts={"a": "b"})
                beside.waves.arm(consent, overridden=["too-late"] if letters == 1 else [])
            assert beside.waves.armed() == {LATER: consent}
        assert [each.what for each in held.notes()] == [
            "wave later of at most 5 letters armed by Anna",
            "wave later of at most 1 letter armed by Anna; overridden: too-late",
        ]
        assert held.waves.agreed_letters(NOON - 1) == {LATER: 2}
        assert held.waves.agreed_letters(NOON) == {}

    def test_languages_of_letters_that_are_due_and_of_some_others(self, held: Ledger) -> None:
        held.waves.add(LATER, later(1, 2, 3), NOON)
        everybody = held.waves.languages(LATER)
        assert sum(everybody.values()) == 3
        (letter,) = asyncio.run(held.claim(1, NOON, wave=LATER))
        asyncio.run(held.hand_over(Mark(delivery=letter.id, status=Status.HANDING_OVER, at=NOON, attempts=1)))
        assert sum(held.waves.languages(LATER).values()) == 2
        assert held.waves.languages(LATER, [letter.id]) == everybody
        assert held.waves.languages("none") == {}

    def test_who_shares_a_mailbox(self, store: Store, empty: Ledger) -> None:
        mailbox = recipient(0).mailbox
        plan_in(store, empty, [recipient(0), recipient(1, mailbox=mailbox), recipient(2)])
        empty.waves.add(LATER, later(1, 3), NOON)
        assert [(each.recipient, each.mailbox, each.has_letter) for each in empty.waves.sharing(LATER)] == [
            (2, mailbox, False),
            (1, mailbox, True),
        ]


def note(letter: int | None, becomes: Status | None, key: str = "a", kind: str = "failure") -> Note:
    match = Match(delivery=letter, address=address(letter - 1), proven=True) if letter else None
    return Note(
        key=key,
        part=0,
        at=NOON,
        kind=kind,
        cause=None,
        match=match,
        address="",
        detail="",
        becomes=becomes,
        said="550 5.1.1 user unknown",
    )


class TestFeedback:
    """See also ``test_ledger_feedback``: what waits for a letter that is on its way."""

    def test_a_bounce_gives_its_letter_a_status_and_is_known(self, store: Store, held: Ledger) -> None:
        gone(held, 1)
        with store.open(CAMPAIGN) as beside:
            assert not beside.feedback.known(["a"])
            assert beside.feedback.record([note(1, BOUNCED), note(None, BOUNCED, "b")], NOON + 50) == {BOUNCED: 1}
            assert beside.feedback.known(["a", "c", "b"]) == {"a", "b"}
        told = result(held, 1)
        assert (told.status, told.marked_at, told.reply) == (BOUNCED, NOON + 50, "550 5.1.1 user unknown")
        assert told.accepted_at == NOON + 1  # it stays: the relay took it

    def test_a_letter_that_is_due_is_not_touched(self, store: Store, held: Ledger) -> None:
        assert held.feedback.record([note(1, BOUNCED)], NOON) == {}
        assert held.feedback.waiting() == 0
        assert statuses_in(store)[1] is PLANNED

    @pytest.mark.parametrize(
        ("traces", "found", "proven"),
        [
            (Traces(tokens=["nobody", f"{recipient(1).identity:x}"]), 2, True),
            (Traces(message_ids=[message_id(recipient(2).identity)], address=address(0)), 3, True),
            (Traces(relay_ids=["00000004"]), 4, True),
            (Traces(relay_ids=["00000005"]), None, False),  # which is not accepted
            (Traces(address=address(4).upper()), 5, False),
            (Traces(tokens=["nobody"], address="nobody@example.org"), None, False),
            (Traces(), None, False),
        ],
    )
    def test_whose_letter_it_is(self, held: Ledger, traces: Traces, found: int | None, proven: bool) -> None:
        gone(held, 4)
        expected = Match(delivery=found, address=address(found - 1), proven=proven) if found else None
        assert held.feedback.find([traces]) == [expected]

    def test_many_letters_are_found_in_the_order_in_which_they_are_asked_for(self, held: Ledger) -> None:
        asked = [Traces(message_ids=[message_id(recipient(number).identity)]) for number in (3, 1)]
        found = held.feedback.find([asked[0], Traces(), asked[1]])
        assert [match.delivery if match else None for match in found] == [4, None, 2]
        assert held.feedback.find([]) == []

    def test_when_the_first_letters_were_planned_and_left(self, store: Store, empty: Ledger) -> None:
        assert empty.feedback.first_planned_at() is None
        plan_in(store, empty, [recipient(0), recipient(1)], now=NOON - 5)
        bring(empty, 1, HANDING_OVER)
        assert empty.feedback.first_planned_at() == NOON - 5
        assert empty.feedback.first_letters_at([address(0), address(1)]) == {address(0): NOON + 1}


class TestDoubts:
    def test_what_proves_a_letter_in_doubt_settles_it(self, store: Store, held: Ledger) -> None:
        for delivery in (1, 2):
            bring(held, delivery, IN_DOUBT)
        bring(held, 3, HANDING_OVER)
        assert held.doubts.on_their_way() == 1
        assert held.doubts.all()[0] == Doubt(
            delivery=1, message_id=message_id(recipient(0).identity), address=address(0), handed_over_at=NOON + 1
        )
        assert [each.delivery for each in held.doubts.all()] == [1, 2]
        proofs = [Proof(delivery=each, at=NOON + 3, reply="in the log") for each in (2, 3, 4)]
        with store.open(CAMPAIGN) as beside:  # without the lock
            assert beside.doubts.settle(proofs, NOON + 60) == 1
        told = result(held, 2)
        assert (told.status, told.accepted_at, told.marked_at, told.reply) == (
            ACCEPTED, NOON + 3, NOON + 60, "in the log",
        )  # fmt: skip
        assert [each.what for each in held.notes()] == [
            "1 letter in doubt was found in the relay's log and counted as accepted"
        ]

    def test_acknowledged_letters_are_the_latest_of_a_span(self, held: Ledger) -> None:
        gone(held, 1, 2, 3, 4)
        bring(held, 5, IN_DOUBT)
        assert [at - NOON for _, at in held.doubts.acknowledged(NOON + 2, NOON + 9, 2)] == [4, 3]

    def test_letters_in_doubt_look_as_they_would_be_claimed(self, held: Ledger) -> None:
        before = claim(held, 3)
        for delivery in (1, 3):
            bring(held, delivery, IN_DOUBT)
        found = held.doubts.letters(WAVE, [3, 2, 1])
        assert ids(found) == [1, 3]
        assert [(each.address, each.message_id, each.rows) for each in found] == [
            (each.address, each.message_id, each.rows) for each in (before[0], before[2])
        ]
        assert held.doubts.letters(LATER, [1]) == []


class TestRefusals:
    def test_a_refusal_that_is_taken_back_is_due_at_once_and_noted(self, held: Ledger) -> None:
        for delivery in (1, 2):
            record(held, mark(delivery, REFUSED, code=550, enhanced_code="5.7.1", reply="blocked"))
        (one, two) = held.refusals.of(WAVE)
        assert (one.delivery, one.address, one.code, one.enhanced_code, one.reply, one.left_file) == (
            1, address(0), 550, "5.7.1", "blocked", False,
        )  # fmt: skip
        assert held.refusals.take_back([two.delivery, 3, 999], "Anna took it back", NOON + 9) == 1
        assert ids(claim(held, 1, now=NOON + 9)) == [2]
        assert result(held, 2).reply == "blocked"  # it stays to be read
        assert [each.delivery for each in held.refusals.of(WAVE)] == [1]
        assert [each.what for each in held.notes()] == ["Anna took it back"]


class TestChoices:
    def test_the_last_choice_of_each_counts_whatever_its_letter(self, store: Store, held: Ledger) -> None:
        gone(held, 1, 2, 3)
        bring(held, 4, BOUNCED)
        held.waves.add(LATER, later(1), NOON)
        one, two = (f"{recipient(number).identity:x}" for number in (0, 1))
        tokens = [
            Token(remedy="refund", letter=one, at=NOON + 5, source="a.log"),
            Token(remedy="voucher", letter="later1", at=NOON + 9, source="a.log"),
            Token(remedy="voucher", letter=two, at=None, source="a.log"),  # these have no time of their own
            Token(remedy="refund", letter=two, at=None, source="a.log"),
            Token(remedy="refund", letter="nobody", at=NOON, source="a.log"),
        ]
        with store.open(CAMPAIGN) as beside:  # without the lock
            assert beside.choices.record(tokens, NOON + 20) == Recorded(new=4, known=0, strange=1)
            assert beside.choices.record(tokens, NOON + 30) == Recorded(new=0, known=4, strange=1)
            assert beside.choices.undecided() == 1  # number 3: nobody expects a word from whose letter came back
        assert [(each.address, each.remedy, each.at, each.lines) for each in held.choices.last()] == [
            (address(0), "voucher", NOON + 9, "[2]"),
            (address(1), "refund", pytest.approx(NOON + 20, abs=0.001), "[3]"),
        ]


def reply(key: str, delivery: int, subject: str, *, at: float | None, sender: str = "") -> Note:
    """A person's reply to a letter, of the letter's recipient unless somebody else wrote for them."""
    return replace(note(delivery, None, key, "reply"), at=at, address=sender or address(delivery - 1), detail=subject)


class TestAnswers:
    def test_who_wrote_waits_the_longest_first_until_answered(self, store: Store, held: Ledger) -> None:
        gone(held, 1, 2, 3)
        notes = [
            reply("a", 1, "Re: one", at=NOON + 50),
            reply("b", 2, "Re: two", at=None, sender="office@x.example"),
            reply("c", 1, "Re: again", at=NOON + 40),
            replace(reply("d", 3, "away", at=NOON), kind="auto_reply"),
        ]
        with store.open(CAMPAIGN) as beside:  # without the lock
            beside.feedback.record(notes, NOON + 60)
            waiting = beside.answers.waiting()
            assert [(each.sender, each.address, each.subject, each.since, each.messages) for each in waiting] == [
                (address(0), address(0), "Re: again", NOON + 40, 2),
                ("office@x.example", address(1), "Re: two", NOON + 60, 1),
            ]
            assert beside.answers.answered(["Office@X.example", "nobody@x.example"], NOON + 70) == {"nobody@x.example"}
            assert [each.sender for each in beside.answers.waiting()] == [address(0)]
            assert [(each.key, each.message_id, each.kind, each.at, each.proven) for each in beside.answers.all()] == [
                ("a", result(held, 1).message_id, "reply", NOON + 50, True),
                ("b", result(held, 2).message_id, "reply", None, True),
                ("c", result(held, 1).message_id, "reply", NOON + 40, True),
                ("d", result(held, 3).message_id, "auto_reply", NOON, True),
            ]
            beside.feedback.record([reply("e", 2, "Re: three", at=NOON + 61)], NOON + 80)
            assert [each.subject for each in beside.answers.waiting()] == ["Re: again", "Re: three"]
            assert beside.answers.answered([address(0), address(1)], NOON + 90) == frozenset()
            assert list(beside.answers.waiting()) == []


class TestPurging:
    def test_nobody_is_named_and_what_was_done_stays(self, store: Store, held: Ledger) -> None:
        for each in range(1, 19):
            bring(held, each, ACCEPTED)
        bring(held, 19, IN_DOUBT)
        record(held, mark(20, REFUSED, reply="no such user Anna", at=NOON + 99))
        assert (held.purging.named(), held.purging.newest()) == (20, NOON + 99)
        assert held.purging.unfinished() == Unfinished(due=0, in_doubt=1)
        held.purging.purge(NOON + 100)
        with store.read(CAMPAIGN) as records:
            assert records.is_purged
            assert records.header == ()
            assert {(each.address, each.name, each.rows, each.reply) for each in records.results(WAVE)} == {
                ("", "", "[{}]", None)
            }
            assert records.counts(WAVE)[ACCEPTED] == 18
        assert held.purging.named() == 0
        assert plan_in(store, held, map(recipient, range(20))).new == 0  # people are still known

    def test_what_is_due_or_on_its_way_is_unfinished(self, held: Ledger) -> None:
        for delivery, status in ((1, DEFERRED), (2, HANDING_OVER), (3, ACCEPTED), (4, IN_DOUBT)):
            bring(held, delivery, status)
        assert held.purging.unfinished() == Unfinished(due=18, in_doubt=1)


class TestContinuity:
    def test_what_has_left_never_becomes_less(self, held: Ledger) -> None:
        assert held.continuity.gone() == Gone(handed_over=0, accepted=0)
        for delivery, status in enumerate((HANDING_OVER, IN_DOUBT, ACCEPTED, BOUNCED, DEFERRED, REFUSED), start=1):
            bring(held, delivery, status)
        assert held.continuity.gone() == Gone(handed_over=4, accepted=2)

    def test_it_knows_letters_by_their_numbers(self, held: Ledger) -> None:
        gone(held, 2)
        token = f"{recipient(1).identity:x}"
        known = held.continuity.by_number([2, 19, 999])
        assert known[2] == KnownLetter(2, token, attempts=1, handed_over=True, settled=True)
        assert (sorted(known), known[19].settled, known[19].handed_over) == ([2, 19], False, False)
        assert [each.number for each in held.continuity.all_letters()] == list(range(1, 21))

    def test_it_remembers_runs_and_what_it_stands_for(self, store: Store, held: Ledger) -> None:
        held.continuity.begin_run("one", NOON)
        held.continuity.use_suppressions("/list", 7)
        held.continuity.take_place_of(["lost"], NOON)
        held.continuity.settle(LogMark(size=9, end="ab"), replaces=["other"], runs=["two"], now=NOON)
        with store.read(CAMPAIGN) as records:
            found = records.continuity
            assert [found.knows_run(each) for each in ("one", "two", "three")] == [True, True, False]
            assert found.replaced() == {"lost", "other"}
            assert (found.origin.suppressions, found.origin.suppressed) == ("/list", 7)
            assert (found.origin.log, found.is_settled_here(), found.copied_from()) == (
                LogMark(size=9, end="ab"),
                True,
                "",
            )

    @pytest.mark.parametrize(("most", "expected"), [(100, range(20)), (4, (0, 5, 10, 15)), (1, (0,))])
    def test_addresses_are_spread_over_the_plan(self, held: Ledger, most: int, expected: Sequence[int]) -> None:
        assert sorted(held.continuity.spread(most)) == sorted(map(address, expected))
