"""Weighing approvals: who counts, who does not, and what a person is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random

import pytest
from approval_samples import HOUR, LETTERS, NOON, PARTS, approval, changed
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from mass_apology.approval import Approval, ApprovalVerdict
from mass_apology.approval.judgement import CLOCK_TOLERANCE, Policy, identity, judge, policy
from mass_apology.settings import ApprovalSettings

TWO = Policy(required=2, valid_for=24 * HOUR, signed=False)


def weigh(
    approvals: Sequence[Approval],
    *,
    parts: Mapping[str, str] = PARTS,
    letters: int = LETTERS,
    asked: Policy = TWO,
    now: float = NOON,
) -> ApprovalVerdict:
    """The verdict, where every signature that is not "good" is said to be forged."""
    return judge(
        approvals,
        parts=parts,
        letters=letters,
        policy=asked,
        now=now,
        fault=lambda approval: None if approval.signature == "good" else "it is forged",
    )


def reasons(verdict: ApprovalVerdict) -> list[str]:
    return [reason for _, reason in verdict.void]


def test_two_people_approve() -> None:
    anna, bob = approval("anna@x", at=NOON - HOUR), approval("bob@x", at=NOON - 2 * HOUR)
    verdict = weigh([anna, bob])
    assert verdict == ApprovalVerdict(
        approved=True, valid=(bob, anna), void=(), missing=0, sentence="Approved by bob@x and anna@x."
    )


def test_of_one_person_the_latest_approval_counts_and_stands_in_its_place() -> None:
    early, bob, late = (approval(by, at=NOON + at) for by, at in (("anna@x", -9), ("bob@x", -6), ("anna@x", -3)))
    verdict = weigh([early, bob, late])
    assert (verdict.valid, verdict.sentence) == ((bob, late), "Approved by bob@x and anna@x.")


@pytest.mark.parametrize("again", ["anna@x", "ANNA@x ", "  Anna@X", "ａｎｎａ@x"])
def test_one_person_twice_is_one_person(again: str) -> None:
    later = approval(again)
    verdict = weigh([later, approval("anna@x", at=NOON - HOUR)])
    assert (verdict.approved, verdict.valid, verdict.missing) == (False, (later,), 1)
    assert verdict.sentence == f"This plan needs 2 approvals and has 1, by {again.strip()}."


def test_a_campaign_that_asks_for_none_has_enough() -> None:
    none = replace(TWO, required=0)
    assert weigh([], asked=none).sentence == "This campaign asks for no approval."
    assert weigh([approval()], asked=none).sentence == "Approved by anna@x."
    assert weigh([], asked=none).approved


def test_nobody_has_approved() -> None:
    verdict = weigh([], asked=replace(TWO, required=1))
    assert (verdict.approved, verdict.missing) == (False, 1)
    assert verdict.sentence == "This plan needs 1 approval and has none."


def test_a_change_names_what_has_changed_and_whose_approval_it_voids() -> None:
    verdict = weigh([approval("anna@x"), approval("bob@x")], parts=changed("campaign.toml", "the recipients file"))
    assert verdict.missing == 2
    assert reasons(verdict) == ["there have been changes to the recipients file and campaign.toml since"] * 2
    assert verdict.sentence == (
        "This plan needs 2 approvals and has none. The one in the name of anna@x does not count: there have been "
        "changes to the recipients file and campaign.toml since. The one in the name of bob@x does not count: there "
        "have been changes to the recipients file and campaign.toml since."
    )


@pytest.mark.parametrize("name", [*PARTS, "the attachments"])
def test_each_part_counts_also_where_it_is_new_or_gone(name: str) -> None:
    changes = f"there have been changes to {name} since"
    assert reasons(weigh([approval()], parts=changed(name))) == [changes]
    assert reasons(weigh([approval(parts=changed(name))])) == [changes]


def test_three_parts_are_listed_in_the_plans_order() -> None:
    verdict = weigh([approval(parts={})], parts={"c": "1", "a": "2", "b": "3"})
    assert reasons(verdict) == ["there have been changes to c, a and b since"]


def test_another_number_of_letters_voids() -> None:
    assert reasons(weigh([approval()], letters=4813)) == ["the number of letters was 4,812 and is 4,813 now"]


@pytest.mark.parametrize(
    ("at", "reason"),
    [
        (NOON - 24 * HOUR, None),
        (NOON - 24 * HOUR - 1, "it was given on 2026-11-19 11:59 UTC and has run out"),
        (NOON + CLOCK_TOLERANCE, None),
        (NOON + CLOCK_TOLERANCE + 60, "it is dated 2026-11-20 12:06 UTC, which is still to come"),
    ],
)
def test_an_approval_counts_from_five_minutes_ahead_until_it_has_run_out(at: float, reason: str | None) -> None:
    verdict = weigh([approval(at=at)])
    assert reasons(verdict) == ([reason] if reason else [])
    assert len(verdict.valid) == (reason is None)


def test_every_reason_is_told_at_once() -> None:
    stale = approval(at=NOON - 48 * HOUR, letters=1, parts=changed("the template"))
    assert reasons(weigh([stale])) == [
        "there have been changes to the template since; the number of letters was 1 and is 4,812 now; "
        "it was given on 2026-11-18 12:00 UTC and has run out"
    ]


def test_where_signatures_count_only_good_ones_do() -> None:
    asked = replace(TWO, signed=True)
    good = replace(approval("anna@x"), signature="good")
    verdict = weigh([good, approval("bob@x"), replace(approval("eve@x"), signature="bad")], asked=asked)
    assert verdict.valid == (good,)
    assert [(each.by, reason) for each, reason in verdict.void] == [
        ("bob@x", "it is not signed"),
        ("eve@x", "it is forged"),
    ]


def test_where_names_count_nobody_looks_at_a_signature() -> None:
    assert weigh([replace(approval(), signature="bad")], asked=replace(TWO, required=1)).approved


def test_who_approved_again_is_not_reproached_with_the_old_approval() -> None:
    old, new = approval("anna@x", parts={}, at=NOON - HOUR), approval("Anna@x")
    verdict = weigh([old, new])
    assert [each for each, _ in verdict.void] == [old]
    assert verdict.sentence == "This plan needs 2 approvals and has 1, by Anna@x."


def test_of_several_void_ones_of_one_person_the_latest_is_told() -> None:
    verdict = weigh([approval("Bob@x", letters=2), approval("bob@x", letters=1, at=NOON - HOUR)])
    assert verdict.sentence.count("does not count") == 1
    assert "in the name of Bob@x does not count: the number of letters was 2 and" in verdict.sentence


def test_settings_become_a_policy() -> None:
    settings = ApprovalSettings(required=3, valid_for="90 minutes", signers="signers")
    assert policy(settings) == Policy(required=3, valid_for=5400.0, signed=True)
    assert policy(ApprovalSettings()) == Policy(required=0, valid_for=24 * HOUR, signed=False)


people = st.sampled_from(["anna@x", "ANNA@X", " bob@x", "bob@x", "eve@x"])
moments = st.floats(NOON - 30 * HOUR, NOON + HOUR)
given_approvals = st.builds(
    approval, people, at=moments, parts=st.sampled_from([PARTS, {}]), letters=st.sampled_from([1, LETTERS])
)


@given(st.lists(given_approvals, max_size=8), st.integers(0, 3), st.randoms())
def test_a_verdict_holds_together_in_whatever_order_approvals_come(
    approvals: list[Approval], required: int, chance: Random
) -> None:
    asked = replace(TWO, required=required)
    verdict = weigh(approvals, asked=asked)
    persons = [identity(each.by) for each in verdict.valid]
    assert len(persons) == len(set(persons))
    assert verdict.approved == (len(persons) >= required) == (verdict.missing == 0)
    assert all(each in approvals and each.parts == PARTS and each.letters == LETTERS for each in verdict.valid)
    assert {identity(each.by) for each in approvals} == {*persons, *(identity(each.by) for each, _ in verdict.void)}
    shuffled = sorted(approvals, key=lambda _: chance.random())
    assert [each.at for each in weigh(shuffled, asked=asked).valid] == [each.at for each in verdict.valid]


@given(given_approvals, st.sampled_from([*PARTS]))
def test_no_approval_survives_a_change(each: Approval, name: str) -> None:
    assert not weigh([each], parts=changed(name)).valid
