"""The letters to look at: some of every kind, the extremes, whatever the order in which the letters come."""

from __future__ import annotations

import random
import tracemalloc
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mass_apology import sampling
from mass_apology.sampling import MAX_COLUMNS, SHOWN_COLUMNS, SIZE, Case, Sampler

STRATA = st.tuples(
    st.sampled_from(["en", "pl", "ru"]), st.sampled_from(["", "pro", "pro vip"]), st.sampled_from(["", "a", "a b", "b"])
)
VALUES = st.dictionaries(st.sampled_from(["name", "note", "plan"]), st.integers(1, 6))
SIZES = st.integers(0, 30)
IDS = st.integers(0, 2**62)


def population(strata: st.SearchStrategy[tuple[str, ...]] = STRATA) -> st.SearchStrategy[list[Case]]:
    case = st.builds(lambda id_, stratum, values: Case(id=id_, stratum=stratum, values=values), IDS, strata, VALUES)
    return st.lists(case, max_size=60, unique_by=lambda each: each.id)


def sampler(cases: Iterable[Case], size: int = SIZE, seed: int = 0) -> Sampler:
    made = Sampler(size, seed)
    for case in cases:
        made.add(case)
    return made


def chosen(cases: Iterable[Case], size: int = SIZE, seed: int = 0) -> list[int]:
    return sampler(cases, size, seed).choose()


def plain(id_: int, *stratum: str) -> Case:
    return Case(id=id_, stratum=stratum, values={})


# Every kind, and the extremes


@given(population(), SIZES)
def test_every_stratum_is_covered_whatever_the_size(cases: list[Case], size: int) -> None:
    made = sampler(cases, size)
    strata = {case.id: case.stratum for case in cases}
    assert {strata[each] for each in made.choose()} == set(strata.values())
    assert made.strata == len(set(strata.values()))


@given(population(), SIZES)
def test_the_choice_is_as_large_as_asked_or_as_it_must_be(cases: list[Case], size: int) -> None:
    ids = chosen(cases, size)
    strata = {case.stratum for case in cases}
    languages = {case.stratum[0] for case in cases}
    assert ids == sorted(set(ids))
    assert min(size, len(cases)) <= len(ids) <= max(size, len(strata) + len(languages) * 7)
    assert {case.id for case in cases} >= set(ids)


@given(population(), SIZES)
def test_every_language_shows_its_longest_and_shortest_values(cases: list[Case], size: int) -> None:
    ids = set(chosen(cases, size))
    lengths: dict[tuple[str, str], dict[int, int]] = defaultdict(dict)
    for case in cases:
        lengths[case.stratum[0], "the whole letter"][case.id] = sum(case.values.values())
        for column, length in case.values.items():
            lengths[case.stratum[0], column][case.id] = length
    for (_, column), found in lengths.items():
        shown = {length for id_, length in found.items() if id_ in ids}
        assert max(found.values()) in shown
        assert min(found.values()) in shown or column == "the whole letter"


def test_of_many_columns_those_are_shown_whose_lengths_differ_most() -> None:
    spread = [f"spread{number}" for number in range(SHOWN_COLUMNS)]
    even = [f"even{number:02}" for number in range(MAX_COLUMNS - SHOWN_COLUMNS)]
    cases = [Case(id=number, stratum=("en",), values=dict.fromkeys(even + spread, 10)) for number in range(200)]
    cases += [Case(id=300 + number, stratum=("en",), values={each: 9}) for number, each in enumerate(even)]
    cases += [Case(id=400 + number, stratum=("en",), values={each: 1}) for number, each in enumerate(spread)]
    ids = set(chosen(cases, 0))
    assert {each for each in ids if each >= 400} == {400 + number for number in range(SHOWN_COLUMNS)}
    assert not {each for each in ids if 300 <= each < 400}


@given(st.permutations(range(MAX_COLUMNS + 5)))
def test_of_too_many_columns_the_first_by_name_are_watched(order: Sequence[int]) -> None:
    cases = [Case(id=number, stratum=("en",), values={f"column{number:02}": 5}) for number in range(MAX_COLUMNS + 5)]
    longer = [Case(id=100 + case.id, stratum=("en",), values={f"column{case.id:02}": 5 + case.id}) for case in cases]
    ids = set(chosen([each for number in order for each in (cases[number], longer[number])], 0))
    watched = range(MAX_COLUMNS - SHOWN_COLUMNS, MAX_COLUMNS)
    assert ids >= {*watched, *(100 + number for number in watched)}
    assert ids <= {
        *watched,
        *(100 + number for number in watched),
        100 + MAX_COLUMNS + 4,
        *ids_of_the_stratum(cases + longer),
    }


def ids_of_the_stratum(cases: Iterable[Case]) -> list[int]:
    return chosen([plain(case.id, *case.stratum) for case in cases], 1)


# What else is chosen


def test_rare_strata_come_before_common_ones() -> None:
    common = [plain(number, "en", f"common{number % 5}") for number in range(1_000)]
    rare = [plain(5_000 + number, "en", f"rare{number % 5}") for number in range(20)]
    strata = {case.id: case.stratum[1] for case in common + rare}
    found = Counter(strata[each] for each in chosen(common + rare, 15))
    assert found == {f"{kind}{number}": count for kind, count in (("common", 1), ("rare", 2)) for number in range(5)}


def test_the_rest_is_spread_over_all_letters() -> None:
    cases = [plain(number, "en") for number in range(10_000)]
    tenths = Counter(each // 1_000 for each in chosen(cases, 1_000))
    assert sorted(tenths) == list(range(10))
    assert all(60 <= count <= 140 for count in tenths.values())


@given(population(), SIZES, st.integers(), st.randoms(use_true_random=False))
def test_the_order_does_not_matter(cases: list[Case], size: int, seed: int, order: random.Random) -> None:
    shuffled = order.sample(cases, len(cases))
    assert chosen(cases, size, seed) == chosen(shuffled, size, seed)


def test_another_seed_chooses_others() -> None:
    cases = [plain(number, "en") for number in range(1_000)]
    assert chosen(cases, seed=1) == chosen(cases, seed=1)
    assert len({*chosen(cases, seed=1), *chosen(cases, seed=2)}) > SIZE * 3 // 2


def test_choosing_ends_nothing() -> None:
    made = sampler([plain(1, "en")])
    assert made.choose() == [1]
    made.add(plain(2, "pl"))
    assert made.choose() == [1, 2]


def test_no_letters() -> None:
    assert (Sampler().choose(), Sampler().strata, Sampler().parts) == ([], 0, 0)


# Bounds


def many(count: int) -> Iterator[Case]:
    for number in range(count):
        stratum = ("en", f"segment{number % 7}", f"variant{number % 11}")
        yield Case(id=number, stratum=stratum, values={"name": number % 40, "note": number % 90})


def test_ten_times_the_letters_do_not_take_ten_times_the_memory() -> None:
    held = []
    for count in (4_000, 40_000):
        tracemalloc.start()
        made = sampler(many(count))
        held.append(tracemalloc.get_traced_memory()[0])
        tracemalloc.stop()
        assert made.strata == 77
    assert held[1] < held[0] * 1.5


@given(population(st.tuples(st.sampled_from("abcd"), st.sampled_from("abcd"), st.sampled_from("abcd"))), st.data())
def test_too_many_strata_are_told_apart_by_fewer_parts(cases: list[Case], data: st.DataObject) -> None:
    most = data.draw(st.integers(1, 20))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sampling, "MAX_STRATA", most)
        made = sampler(cases, 5)
        again = sampler(data.draw(st.permutations(cases)), 5)
    fitting = [parts for parts in range(4) if len({case.stratum[:parts] for case in cases}) <= most]
    strata = {case.id: case.stratum[: fitting[-1]] for case in cases}
    assert made.parts == (fitting[-1] if cases else 0)
    assert made.strata == len(set(strata.values()))
    assert {strata[each] for each in made.choose()} == set(strata.values())
    assert made.choose() == again.choose()


def test_ten_thousand_strata_are_told_apart() -> None:
    cases = [plain(number, "en", str(number)) for number in range(sampling.MAX_STRATA)]
    made = sampler(cases)
    assert (made.parts, made.choose()) == (2, [case.id for case in cases])
    made.add(plain(len(cases), "en", "one more"))
    assert (made.parts, made.strata, len(made.choose())) == (1, 1, SIZE)
