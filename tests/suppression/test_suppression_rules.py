"""Who is withheld from which letter, and which of two entries holds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from suppression_samples import DAY, NOON, entry

from mass_apology.errors import SuppressionError
from mass_apology.suppression import Entry, Purpose, Reason, Scope, judge
from mass_apology.suppression.rules import WITHHELD_FROM, merged, stopped, stronger

SAFETY, SERVICE, MARKETING = Purpose
EVERYTHING = {Reason.DEAD_ADDRESS, Reason.REQUESTED, Reason.COMPLAINT, Reason.MANUAL}


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    reason = draw(st.sampled_from(Reason))
    free = reason not in {Reason.OPT_OUT, Reason.DEAD_ADDRESS}
    made = entry(
        draw(st.sampled_from(["anna@acme.example", "ANNA@acme.example"])),
        reason,
        at=draw(st.integers(0, 3)) * DAY,
        scope=draw(st.sampled_from(Scope)) if free else None,
        source=draw(st.sampled_from("ab")),
        note=draw(st.sampled_from(["", "by telephone"])),
    )
    return replace(made, address=None, note="") if draw(st.booleans()) else made


@pytest.mark.parametrize(
    ("reason", "scope", "withheld"),
    [
        (Reason.DEAD_ADDRESS, None, {SAFETY, SERVICE, MARKETING}),
        (Reason.REQUESTED, None, {SERVICE, MARKETING}),
        (Reason.REQUESTED, Scope.MARKETING, {MARKETING}),
        (Reason.COMPLAINT, None, {SERVICE, MARKETING}),
        (Reason.COMPLAINT, Scope.MARKETING, {MARKETING}),
        (Reason.MANUAL, None, {SERVICE, MARKETING}),
        (Reason.MANUAL, Scope.MARKETING, {MARKETING}),
        (Reason.OPT_OUT, None, {MARKETING}),
    ],
)
def test_the_letters_that_an_entry_stops(reason: Reason, scope: Scope | None, withheld: set[Purpose]) -> None:
    suppressed = entry(reason=reason, scope=scope)
    assert {purpose for purpose in Purpose if judge(suppressed, purpose).withheld} == withheld


def test_a_letter_against_a_wish_to_get_none_is_reported() -> None:
    reported = {reason for reason in Reason if judge(entry(reason=reason), SAFETY).reported}
    assert reported == {Reason.REQUESTED, Reason.MANUAL}
    assert not judge(entry(reason=Reason.REQUESTED, scope=Scope.MARKETING), SERVICE).reported


@given(entries(), st.sampled_from(Purpose))
def test_nothing_is_both_withheld_and_reported_as_sent(suppressed: Entry, purpose: Purpose) -> None:
    verdict = judge(suppressed, purpose)
    assert not (verdict.withheld and verdict.reported)
    assert ("that does not stop" in verdict.sentence) is not verdict.withheld


def test_the_sentences() -> None:
    dead = judge(entry(reason=Reason.DEAD_ADDRESS), SAFETY)
    assert dead.sentence == (
        "The address has been suppressed since 2026-11-20 (acme-outage): letters to it come back for good."
    )
    opted_out = judge(entry("@acme.example", Reason.OPT_OUT), SERVICE)
    assert opted_out.sentence == (
        "The domain has been suppressed since 2026-11-20 (acme-outage): its owner wants no marketing; "
        "that does not stop a service letter."
    )


def test_every_reason_has_a_rule_and_stands_in_order_of_strength() -> None:
    assert set(WITHHELD_FROM) == set(Reason)
    sizes = [len(purposes) for purposes in WITHHELD_FROM.values()]
    assert sizes == sorted(sizes, reverse=True)


@pytest.mark.parametrize(
    ("reason", "scope"), [(Reason.OPT_OUT, Scope.EVERYTHING), (Reason.DEAD_ADDRESS, Scope.MARKETING)]
)
def test_a_scope_that_contradicts_the_reason(reason: Reason, scope: Scope) -> None:
    with pytest.raises(SuppressionError, match="contradict each other") as refused:
        entry(reason=reason, scope=scope)
    assert "Leave the scope out" in refused.value.next_step


def test_notes_are_one_line_and_not_too_long() -> None:
    assert entry(note=" by\n telephone\t\0\udc80\x1b").note == "by telephone"
    with pytest.raises(SuppressionError, match="501 characters"):
        entry(note="x" * 501)


@given(entries(), entries(), entries())
def test_merging_knows_no_order(one: Entry, two: Entry, three: Entry) -> None:
    def facts(held: Entry) -> tuple[object, ...]:
        return held.reason, held.scope, held.at, stopped(held)

    assert facts(merged(one, two)) == facts(merged(two, one))
    assert facts(merged(merged(one, two), three)) == facts(merged(one, merged(two, three)))
    assert merged(one, one) == one


@given(entries(), entries())
def test_merging_never_stops_fewer_letters_and_never_forgets_when(kept: Entry, new: Entry) -> None:
    held = merged(kept, new)
    assert stopped(held) >= stopped(kept) | stopped(new)
    assert held.at == min(kept.at, new.at)
    assert stopped(stronger(kept, new)) == stopped(held)


@given(entries(), entries())
def test_a_purged_address_does_not_come_back(kept: Entry, new: Entry) -> None:
    held = merged(replace(kept, address=None, note=""), new)
    assert (held.address, held.note) == (None, "")


def test_of_equals_the_one_that_is_there_stays() -> None:
    kept, new = entry(source="first", at=NOON), entry(source="second", at=NOON - DAY)
    assert merged(kept, new) == replace(kept, at=NOON - DAY)
