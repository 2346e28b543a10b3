"""A plan's code: the same words for the same parts, others for any other parts."""

from __future__ import annotations

import re
from random import Random

import pytest
from approval_samples import PARTS, changed
from hypothesis import example, given
from hypothesis import strategies as st

from mass_apology.approval import plan_code, plan_digest
from mass_apology.approval.code import proquint

some_parts = st.dictionaries(st.text(max_size=6), st.text(max_size=6), max_size=4)


@pytest.mark.parametrize(
    ("address", "words"),
    [  # the examples of arXiv:0901.4016: IPv4 addresses, as everybody can check them
        ("127.0.0.1", "lusab-babad"),
        ("63.84.220.193", "gutih-tugad"),
        ("63.118.7.35", "gutuk-bisog"),
        ("140.98.193.141", "mudof-sakat"),
        ("64.255.6.200", "haguz-biram"),
        ("128.30.52.45", "mabiv-gibot"),
        ("147.67.119.2", "natag-lisaf"),
        ("212.58.253.68", "tibup-zujah"),
        ("216.35.68.215", "tobog-higil"),
        ("216.68.232.21", "todah-vobij"),
        ("198.81.129.136", "sinid-makam"),
        ("12.110.110.204", "budov-kuras"),
    ],
)
def test_words_are_proquints(address: str, words: str) -> None:
    high, middle, low, lowest = map(int, address.split("."))
    assert f"{proquint(high << 8 | middle)}-{proquint(low << 8 | lowest)}" == words


def test_every_sixteen_bits_have_a_word_of_their_own() -> None:
    assert len({proquint(number) for number in range(1 << 16)}) == 1 << 16


def test_the_code_is_three_words_and_survives_an_upgrade_of_the_program() -> None:
    # Written down, since approvals outlive the process: another framing would void every one that was given.
    assert plan_digest({"a": "1", "b": "2"}) == "63662dceceaac3caee9e43ac15aa0c4c567225916cd9af28900e1dd71438b73e"
    assert re.fullmatch(r"([b-z][aiou][b-z][aiou][b-z]-){2}[b-z][aiou][b-z][aiou][b-z]", plan_code(PARTS))


@given(some_parts, some_parts)
@example({"ab": "c"}, {"a": "bc"})
@example({"a": "b", "c": "d"}, {"a": "bcd"})
@example({"": "a"}, {"a": ""})
@example({}, {"": ""})
@example({"a": "1", "b": "2"}, {"a": "2", "b": "1"})
def test_two_plans_have_one_digest_only_where_they_are_one_plan(left: dict[str, str], right: dict[str, str]) -> None:
    assert (plan_digest(left) == plan_digest(right)) == (left == right)


@given(some_parts, st.randoms())
def test_the_order_of_parts_does_not_matter(parts: dict[str, str], chance: Random) -> None:
    names = list(parts)
    chance.shuffle(names)
    assert plan_code({name: parts[name] for name in names}) == plan_code(parts)


def test_any_change_changes_the_code() -> None:
    codes = {plan_code(changed(name)) for name in PARTS} | {plan_code(PARTS), plan_code({})}
    assert len(codes) == len(PARTS) + 2
