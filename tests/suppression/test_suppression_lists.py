"""Lists from elsewhere, and our own, in every shape they come in."""

from __future__ import annotations

import codecs
import csv
import re
from contextlib import suppress
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from suppression_samples import DAY, NOON, entry

from mass_apology.errors import SuppressionError
from mass_apology.suppression import Entry, Exported, Imported, Reason, Scope, Suppressions
from mass_apology.suppression.lists import read_list, write_list

pytestmark = pytest.mark.slow


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    return tmp_path / "list.csv"


def read(path: Path, reason: Reason = Reason.MANUAL) -> tuple[Entry, ...]:
    return read_list(path, now=NOON, source="import", reason=reason).entries


def imported(address: str, reason: Reason = Reason.MANUAL, **more: object) -> Entry:
    return entry(address, reason, **{"source": "import", **more})  # type: ignore[arg-type]  # as entry takes them


ANNA, BOB = imported("anna@acme.example"), imported("Bob@acme.example", Reason.COMPLAINT)


@pytest.mark.parametrize(
    "text",
    [
        "address,reason\nanna@acme.example,\nBob@acme.example,complaint\n",
        "address,reason\r\nanna@acme.example,\r\nBob@acme.example,complaint",
        "address;reason\nanna@acme.example;manual\n\n\nBob@acme.example;Complaint\n",
        "Reason\tE-Mail\nmanual\tanna@acme.example\n complaint \t Bob@acme.example \n",
        '"address","reason"\n"anna@acme.example",""\n"Bob@acme.example","COMPLAINT"\n',
        "\n \nEmail address|reason\n|\nanna@acme.example|\nBob@acme.example|complaint\n",
        "address,reason\ranna@acme.example,\rBob@acme.example,complaint\r",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_one_list_in_many_shapes(listed: Path, text: str, encoding: str) -> None:
    listed.write_bytes(text.encode(encoding))
    assert read(listed) == (ANNA, BOB)


@pytest.mark.parametrize("mark", [b"", codecs.BOM_UTF8])
def test_one_address_a_line(listed: Path, mark: bytes) -> None:
    listed.write_bytes(mark + b"\r\nanna@acme.example\r\n\r\n  bob@acme.example  \r\n@gone.example")
    names = ["anna@acme.example", "bob@acme.example", "@gone.example"]
    assert read(listed, Reason.OPT_OUT) == tuple(imported(name, Reason.OPT_OUT) for name in names)


@pytest.mark.parametrize("text", ["", "\n\n", "\ufeff", "address,reason\n", " , \n"])
def test_a_list_without_an_address_is_empty(listed: Path, text: str) -> None:
    listed.write_text(text, encoding="utf-8")
    assert read(listed) == ()


def test_every_column(listed: Path) -> None:
    listed.write_text(
        "date,note,scope,address,source,reason,Campaign ID\n"
        '2026-11-01,"said ""no"",\ntwice",marketing,a@acme.example,bob,requested,7\n'
        "2026-11-01T09:00+01:00,,,b@acme.example,,hard bounce,\n".replace("hard bounce", "dead address"),
        encoding="utf-8",
    )
    read_all = read_list(listed, now=NOON, source="import", reason=Reason.MANUAL)
    first = NOON - NOON % DAY - 19 * DAY
    assert read_all.entries == (
        entry(
            "a@acme.example", Reason.REQUESTED, scope=Scope.MARKETING, at=first, source="bob", note='said "no", twice'
        ),
        imported("b@acme.example", Reason.DEAD_ADDRESS, at=first + 8 * 3600),
    )
    assert read_all.ignored_columns == ("campaign id",)


def test_all_unusable_lines_are_reported_at_once(store: Suppressions, listed: Path, path: Path) -> None:
    listed.write_text(
        "address,reason,date,note\n"
        "anna@acme.example,complaint,2026-11-01,\n"
        "anna,complaint,,\n"
        "\n"
        "b@acme.example,angry,,\n"
        'c@acme.example,,01.11.2026,"two\nlines"\n'
        "d@acme.example,,2062-11-01,\n"
        "e@acme.example,complaint\n"
        f"f@acme.example,,,{'x' * 501}\n"
        ",complaint,,\n"
        "g@acme.example,,0001-01-01,\n",
        encoding="utf-8",
    )
    with pytest.raises(SuppressionError) as refused:
        store.import_csv(listed, now=NOON)
    assert str(listed) in refused.value.problem
    assert re.findall(r"line (\d+): ", refused.value.problem) == ["3", "5", "6", "8", "9", "10", "11", "12"]
    for reason in (
        "it has no @-sign",
        "'angry' is no reason; dead-address, requested, complaint, manual, opt-out are",
        "'01.11.2026' is not a date",
        "2062-11-01 lies ahead",
        "number of fields is 2 instead of 4",
        "501 characters",
        "0001-01-01 lies before 1970",
    ):
        assert reason in refused.value.problem
    assert not path.exists()


def test_a_contradiction_in_a_list(listed: Path) -> None:
    listed.write_text("address,reason,scope\na@acme.example,opt-out,everything\n", encoding="utf-8")
    with pytest.raises(SuppressionError, match=r"line 2: .* contradict each other"):
        read(listed)


def test_thousands_of_mistakes_make_a_sentence_that_can_be_read(listed: Path) -> None:
    listed.write_text("address\n" + "nobody\n" * 5000, encoding="utf-8")
    with pytest.raises(SuppressionError, match=r"line 21: .*; and 4980 more") as refused:
        read(listed)
    assert len(refused.value.problem) < 2000


@pytest.mark.parametrize(
    ("octets", "problem"),
    [
        (b"name,reason\nAnna,complaint\n", 'line 1 has neither an address nor a column "address"'),
        (b"\naddress,email\na@x.example,b@x.example\n", "line 2 names the column address twice"),
        (b'address,note\na@x.example,"open\nb@x.example,\n', "line 2: its fields cannot be told apart"),
        (b'address,note\na@x.example,"a" b\n', "line 2: its fields cannot be told apart"),
        (b"address,note\na@x.example," + b"x" * 140_000, "line 2: its fields cannot be told apart"),
        (b"address,note\na@x.example,\nb@x.example,\xb3\n", "not written in UTF-8: line 3"),
        (codecs.BOM_UTF16_LE + b"a", "not written in UTF-16"),
        (b"a@x.example,complaint\n", "line 1: the number of fields is 2 instead of 1"),
        (b"SQLite format 3\0" + bytes(range(32)) * 9, "neither an address"),
    ],
)
def test_a_file_that_is_no_list(listed: Path, octets: bytes, problem: str) -> None:
    listed.write_bytes(octets)
    with pytest.raises(SuppressionError) as refused:
        read(listed)
    assert problem in refused.value.problem
    assert refused.value.next_step


def test_a_list_that_is_missing(store: Suppressions, tmp_path: Path) -> None:
    with pytest.raises(SuppressionError, match="cannot be read: No such file"):
        store.import_csv(tmp_path / "none.csv", now=NOON)


@given(octets=st.binary(max_size=300) | st.text(max_size=200).map(str.encode))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=200)
def test_any_file_becomes_entries_or_a_sentence(listed: Path, octets: bytes) -> None:
    listed.write_bytes(octets)
    entries: tuple[Entry, ...] = ()
    with suppress(SuppressionError):
        entries = read(listed)
    assert all("@" in (each.address or "") for each in entries)


def test_a_list_of_a_hundred_thousand_and_again(store: Suppressions, listed: Path) -> None:
    count = 100_000
    names = (f"Customer{number}@mail{number % 90}.example" for number in range(count))
    listed.write_text("\ufeffaddress;reason\r\n" + "".join(f'"{name}";opt-out\r\n' for name in names), encoding="utf-8")
    assert store.import_csv(listed, now=NOON) == Imported(rows=count, new=count, ignored_columns=())
    assert store.counts()[Reason.OPT_OUT] == count
    assert len(store.among([f"customer{number}@MAIL{number % 90}.example" for number in range(1000)])) == 1000
    listed.write_text("customer5@mail5.example\ncustomer5@mail5.example\nnew@mail5.example\n", encoding="utf-8")
    again = store.import_csv(listed, now=NOON, reason=Reason.COMPLAINT, source="helpdesk")
    assert again == Imported(rows=3, new=1, ignored_columns=())
    held = store.find("customer5@mail5.example")
    assert held is not None
    assert (held.reason, held.source) == (Reason.COMPLAINT, "helpdesk")


def test_an_exported_list_is_imported_unchanged(store: Suppressions, tmp_path: Path, listed: Path) -> None:
    made = [
        entry("=cmd|x@acme.example", note="=HYPERLINK(1)", at=NOON - 0.25),
        entry("'quoted'@acme.example", Reason.REQUESTED, scope=Scope.MARKETING, source="-bob", note='it\'s; "so", yes'),
        entry("@acme.example", Reason.MANUAL, note="'=already marked"),
        entry("+żółć@żółć.example", Reason.OPT_OUT, source="@home", note="''"),
    ]
    store.add_all(made)
    store.add(entry("purged@acme.example", at=NOON - 9 * DAY))
    store.purge(NOON - 8 * DAY)
    with listed.open("w", encoding="utf-8", newline="") as stream:
        assert store.export_csv(stream) == Exported(rows=4, purged=1)
    with listed.open(encoding="utf-8", newline="") as stream:
        cells = [cell for row in csv.reader(stream) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]
    with Suppressions.open(tmp_path / "other.sqlite") as other:
        assert other.import_csv(listed, now=NOON + 9 * DAY).new == 4
        assert sorted(map(repr, other.entries())) == sorted(map(repr, made))


@given(
    st.lists(
        st.builds(
            entry,
            st.sampled_from(
                ["a@x.example", "=a@x.example", "'a@x.example", "'=a@x.example", "''@x.example", "@x.example"]
            ),
            st.sampled_from(Reason),
            at=st.floats(0, NOON).map(lambda at: round(at, 6)),
            source=st.text(min_size=1).filter(str.strip),
            note=st.text(max_size=40),
        ),
        max_size=5,
    )
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=100)
def test_every_entry_survives_its_own_list(listed: Path, made: list[Entry]) -> None:
    stream = StringIO(newline="")
    write_list(made, stream)
    listed.write_bytes(stream.getvalue().encode("utf-8", "surrogatepass"))
    back = read_list(listed, now=NOON, source="", reason=Reason.MANUAL).entries
    assert [(each.address, each.reason, each.scope, each.source, each.note) for each in back] == [
        (each.address, each.reason, each.scope, each.source, each.note) for each in made
    ]
    assert [each.at for each in back] == pytest.approx([each.at for each in made], abs=1e-5)


def test_the_text_marks_of_other_programs_are_no_part_of_an_address(listed: Path) -> None:
    listed.write_text("'email,'reason\n'anna@one.example,'requested\n'bo@two.example',manual\n")
    entries = read_list(listed, now=NOON, source="", reason=Reason.MANUAL).entries
    assert [(each.address, each.reason) for each in entries] == [
        ("anna@one.example", Reason.REQUESTED),
        ("bo@two.example", Reason.MANUAL),
    ]


def test_what_a_spreadsheet_leaves_around_addresses_is_no_part_of_them(listed: Path) -> None:
    listed.write_text("sep=;\naddress;reason\n\u00a0b@x.example\u200b;requested\n", encoding="utf-8")
    [entry] = read_list(listed, now=NOON, source="", reason=Reason.MANUAL).entries
    assert (entry.address, entry.reason) == ("b@x.example", Reason.REQUESTED)
