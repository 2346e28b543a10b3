"""What a store promises to those who add, look up, list and purge."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from suppression_samples import DAY, NOON, entry

from mass_apology.suppression import Entry, Reason, Scope, Suppressions, default_path
from mass_apology.suppression.rules import merged
from mass_apology.system.state_folder import STATE_VARIABLE

ANNA = "anna@acme.example"


def test_a_store_without_a_file_is_empty_and_makes_none(store: Suppressions, path: Path) -> None:
    assert store.find(ANNA) is None
    assert store.among([ANNA, "@acme.example"]) == {}
    assert list(store.entries()) == []
    assert store.counts() == dict.fromkeys(Reason, 0)
    assert store.remove(ANNA) is False
    assert store.purge(NOON) == 0
    assert not path.exists()


def test_an_added_address_is_found_in_any_spelling_and_by_other_processes(store: Suppressions, path: Path) -> None:
    kept = entry("Anna@Żółć.example", Reason.REQUESTED, note="by telephone", source="bob")
    assert store.add(kept)
    with Suppressions.open(path) as other:
        for spelling in ("Anna@Żółć.example", "ANNA@xn--kda4b0koi.EXAMPLE", " anna@żółć.example"):
            assert store.find(spelling) == other.find(spelling) == kept
        assert other.find("ann@żółć.example") is None


def test_the_stronger_reason_stays_with_the_earlier_date(store: Suppressions) -> None:
    assert store.add(entry(reason=Reason.OPT_OUT, at=NOON, source="import"))
    assert not store.add(entry(reason=Reason.DEAD_ADDRESS, at=NOON + DAY, source="acme-outage"))
    assert not store.add(entry("ANNA@acme.example", Reason.COMPLAINT, at=NOON - DAY, source="other"))
    assert store.find(ANNA) == entry(reason=Reason.DEAD_ADDRESS, at=NOON - DAY, source="acme-outage")
    assert len(list(store.entries())) == 1


def test_removing_is_for_the_address_itself(store: Suppressions, path: Path) -> None:
    store.add_all([entry(), entry("@acme.example", Reason.MANUAL)])
    assert b"anna@" in path.read_bytes()
    assert store.remove(" ANNA@acme.example")
    assert b"anna@" not in path.read_bytes()
    assert not store.remove(ANNA)
    assert store.find(ANNA) == entry("@acme.example", Reason.MANUAL)
    assert store.remove("@ACME.example")
    assert store.find(ANNA) is None


def test_a_whole_domain_holds_for_its_addresses_and_not_for_those_below(store: Suppressions) -> None:
    store.add(entry("@żółć.example", Reason.MANUAL))
    found = store.among(["a@żółć.example", "b@XN--KDA4B0KOI.example", "c@mail.żółć.example", "@żółć.example", "nobody"])
    assert set(found) == {"a@żółć.example", "b@XN--KDA4B0KOI.example", "@żółć.example"}
    assert all(each.whole_domain for each in found.values())


def test_of_an_address_and_its_domain_the_one_that_stops_more_holds(store: Suppressions) -> None:
    store.add_all([entry(reason=Reason.OPT_OUT), entry("@acme.example", Reason.MANUAL)])
    store.add(entry("bob@acme.example", Reason.DEAD_ADDRESS))
    found = store.among([ANNA, "bob@acme.example"])
    assert {address: held.reason for address, held in found.items()} == {
        ANNA: Reason.MANUAL,
        "bob@acme.example": Reason.DEAD_ADDRESS,
    }


def test_domains_that_another_process_adds_or_removes_are_noticed(store: Suppressions, path: Path) -> None:
    store.add(entry("somebody@else.example"))
    with Suppressions.open(path) as other:
        assert store.find(ANNA) is None
        other.add(entry("@acme.example"))
        assert store.find(ANNA) is not None
        store.remove("@acme.example")
        assert store.find(ANNA) is None
        assert other.find(ANNA) is None


def test_a_store_that_another_process_makes_is_noticed(store: Suppressions, path: Path) -> None:
    assert store.find(ANNA) is None
    with Suppressions.open(path) as other:
        other.add(entry())
    assert store.find(ANNA) == entry()


def test_a_batch_is_answered_by_the_addresses_as_given(store: Suppressions) -> None:
    store.add_all(entry(f"customer{number}@acme.example") for number in range(0, 3000, 3))
    asked = [f"Customer{number}@Acme.example" for number in range(2500)]
    found = store.among([*asked, "customer0@acme.example"])
    assert set(found) == {*asked[::3], "customer0@acme.example"}
    assert found["customer0@acme.example"] == found["Customer0@Acme.example"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@given(
    held=st.sets(st.integers(0, 60)),
    domains=st.sets(st.integers(0, 6)),
    asked=st.lists(st.integers(0, 60), max_size=80),
)
def test_a_batch_gives_the_same_entries_as_single_addresses(
    tmp_path: Path, held: set[int], domains: set[int], asked: list[int]
) -> None:
    def address(number: int) -> str:
        return f"c{number}@d{number % 7}.example"

    with Suppressions.open(tmp_path / f"{len(list(tmp_path.iterdir()))}.sqlite") as store:
        store.add_all([*map(entry, map(address, held)), *(entry(f"@d{number}.example") for number in domains)])
        found = store.among([address(number) for number in asked])
        expected = {address(number) for number in asked if number in held or number % 7 in domains}
        assert set(found) == expected
        assert all(store.find(each) == found[each] for each in expected)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@given(
    st.lists(st.tuples(st.sampled_from("AaBb"), st.sampled_from(Reason), st.integers(0, 3), st.booleans()), max_size=12)
)
def test_adding_one_by_one_and_together_end_alike(tmp_path: Path, drawn: list[tuple[str, Reason, int, bool]]) -> None:
    made = [entry(f"{name}@acme.example", reason, at=at * DAY) for name, reason, at, _ in drawn]
    number = len(list(tmp_path.iterdir()))
    with (
        Suppressions.open(tmp_path / f"{number}.sqlite") as together,
        Suppressions.open(tmp_path / f"{number}b.sqlite") as single,
    ):
        new = together.add_all(made)
        assert sum(map(single.add, made)) == new == len({each.address.lower() for each in made if each.address})
        model: dict[str, Entry] = {}
        for each in made:
            name = (each.address or "").lower()
            model[name] = merged(model.get(name, each), each)
        for store in (together, single):
            assert {(each.address or "").lower(): each for each in store.entries()} == model


def test_entries_stream_from_the_earliest_on(store: Suppressions) -> None:
    made = [
        entry(f"c{number}@acme.example", at=NOON + number % 7, reason=list(Reason)[number % 5])
        for number in range(1600)
    ]
    store.add_all(made)
    listed = list(store.entries())
    assert [each.at for each in listed] == sorted(each.at for each in made)
    assert sorted(listed, key=repr) == sorted(made, key=repr)
    dead = list(store.entries(Reason.DEAD_ADDRESS))
    assert len(dead) == store.counts()[Reason.DEAD_ADDRESS] == 320
    assert {each.reason for each in dead} == {Reason.DEAD_ADDRESS}


def test_a_listing_keeps_nobody_from_writing(store: Suppressions, path: Path) -> None:
    store.add_all(entry(f"c{number}@acme.example") for number in range(600))
    listing = store.entries()
    next(listing)
    with Suppressions.open(path) as other:
        assert other.add(entry("new@acme.example", at=NOON + DAY))
    assert len(list(listing)) == 600


def test_counts_name_every_reason(store: Suppressions) -> None:
    store.add_all([entry(), entry("bob@acme.example"), entry("c@acme.example", Reason.OPT_OUT)])
    assert store.counts() == {**dict.fromkeys(Reason, 0), Reason.COMPLAINT: 2, Reason.OPT_OUT: 1}


def test_a_purge_takes_the_addresses_and_the_suppression_stays(store: Suppressions, path: Path) -> None:
    store.add_all(
        entry(f"customer{number}@private.example", note="called on Monday", at=NOON - DAY) for number in range(500)
    )
    store.add_all([entry(ANNA, at=NOON), entry("@old.example", Reason.MANUAL, at=NOON - DAY)])
    assert b"@private.example" in path.read_bytes()
    assert store.purge(NOON) == 500
    assert store.purge(NOON) == 0
    octets = path.read_bytes()
    assert b"private.example" not in octets
    assert b"Monday" not in octets
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    purged = replace(entry(at=NOON - DAY), address=None)
    assert store.find("CUSTOMER7@private.example") == purged
    assert len(store.among([f"customer{number}@private.example" for number in range(600)])) == 500
    assert store.find(ANNA) == entry()
    assert store.find("x@old.example") == entry("@old.example", Reason.MANUAL, at=NOON - DAY)
    assert not store.add(entry("customer7@private.example", Reason.DEAD_ADDRESS, note="again"))
    assert store.find("customer7@private.example") == replace(purged, reason=Reason.DEAD_ADDRESS)
    assert b"private.example" not in path.read_bytes()
    assert store.remove("customer7@private.example")


def test_keys_of_one_store_are_worth_nothing_in_another(tmp_path: Path) -> None:
    for name in "ab":
        with Suppressions.open(tmp_path / name) as store:
            store.add(entry())
            store.purge(NOON + DAY)
    one, other = ((tmp_path / name).read_bytes() for name in "ab")
    assert one != other
    assert ANNA.encode() not in one + other


def test_a_purged_entry_cannot_be_added_under_nothing(store: Suppressions) -> None:
    with pytest.raises(ValueError, match="purged"):
        store.add(replace(entry(), address=None))
    assert store.counts()[Reason.COMPLAINT] == 0


def test_scopes_are_kept(store: Suppressions) -> None:
    store.add(entry(scope=Scope.MARKETING))
    assert store.find(ANNA) == entry(scope=Scope.MARKETING)


def test_a_machine_has_one_store_in_its_state_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(STATE_VARIABLE, str(tmp_path / "state"))
    assert default_path() == tmp_path / "state" / "suppressions.sqlite"
    monkeypatch.delenv(STATE_VARIABLE)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    found = default_path()
    assert found is not None
    assert found.parent.name == "mass-apology"


def test_without_a_home_directory_there_is_no_machines_store(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in (STATE_VARIABLE, "HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr("os.path.expanduser", lambda path: path)  # as for a user whom the system does not know
    assert default_path() is None
