"""Every message of the corpus is what its table says, and stays harmless when it is damaged."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapes import shapes, table

from mass_apology.bounces.bounce_report import Cause, Kind, Report
from mass_apology.bounces.mail_reading import read
from mass_apology.mail_parts import LIMIT, read_headers, take_apart

pytestmark = pytest.mark.slow

CORPUS = Path(__file__).parent / "corpus"
EXPECTED: Mapping[str, Mapping[str, object]] = {
    name: entry
    for file in ("corpus.toml", "shapes.toml")
    for name, entry in tomllib.loads((CORPUS / file).read_text(encoding="utf-8")).items()
}
MESSAGES = {name: (CORPUS / f"{name}.eml").read_bytes() for name in EXPECTED}
names = st.sampled_from(sorted(EXPECTED))


def test_every_message_stands_in_the_table() -> None:
    assert {path.stem for path in CORPUS.glob("*.eml")} == set(EXPECTED)
    assert len(EXPECTED) >= 450


def test_the_shapes_are_as_their_script_writes_them() -> None:
    """After a change of shapes.py or shapes_said.py: ``python tests/bounces/shapes.py``."""
    made = shapes()
    assert {name for name in EXPECTED if name.startswith("shape-")} == set(made)
    assert all(MESSAGES[name] == message.encode() for name, (message, _) in made.items())
    assert (CORPUS / "shapes.toml").read_text(encoding="utf-8") == table()


def test_only_reserved_names_are_used() -> None:
    """RFC 2606 and RFC 5737: nobody's mailbox and nobody's server stands in the corpus."""
    domains = {domain for raw in MESSAGES.values() for domain in re.findall(rb"@[\w.-]*?([\w-]+)\b(?![\w.-])", raw)}
    assert {domain.lower() for domain in domains} <= {b"example", b"relay", b"media"}  # "@media" of a letter's style
    addresses = {address for raw in MESSAGES.values() for address in re.findall(rb"\[(\d+\.\d+\.\d+)\.\d+\]", raw)}
    assert addresses == {b"192.0.2"}


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_message_is_what_the_table_says(name: str) -> None:
    expected, report = EXPECTED[name], read(MESSAGES[name])
    first = report.affected[0] if report.affected else None
    assert report.kind == expected["kind"]
    assert (first.address if first else "") == expected.get("address", "")
    assert (first.cause if first else None) == expected.get("cause")
    assert (first.status if first else "") == expected.get("status", "")
    assert "final" not in expected or (first and first.final == expected["final"] and not first.hard)
    others = [f"{one.cause} {one.address}" for one in report.affected[1:]]
    assert others == expected.get("others", [])


@pytest.mark.parametrize("chosen", ["all", "made by real servers", "shapes"])
def test_the_bar(chosen: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody is called dead whose mailbox is not; who is dead is found; failures are read, and of the right person."""
    names = [name for name, entry in EXPECTED.items() if chosen == "all" or _stands_in(chosen, name, entry)]
    reports = {name: read(MESSAGES[name]) for name in names}
    failed = [name for name in names if EXPECTED[name]["kind"] in {"failure", "delay"}]
    dead = [name for name in names if EXPECTED[name].get("cause") == "dead"]
    figures = {
        "read as the table says": share(names, lambda name: judgement(name, reports[name]) == judgement(name, None)),
        "recognised": share(failed, lambda name: reports[name].kind in {Kind.FAILURE, Kind.DELAY}),
        "right recipient": share(failed, lambda name: judgement(name, reports[name])[2] == judgement(name, None)[2]),
        "dead found": share(dead, lambda name: reports[name].affected[0].cause is Cause.DEAD),
    }
    hard = [name for name in names if wrongly_hard(name)]
    with capsys.disabled():
        said = ", ".join(f"{name} {figure:.3f}" for name, figure in figures.items())
        print(f"\n{chosen}: {len(names)} messages, {len(hard)} living called dead, {said}")
    assert not hard
    bars = {"read as the table says": 0.97, "recognised": 0.99, "right recipient": 0.98, "dead found": 0.93}
    assert all(figures[name] >= bar for name, bar in bars.items()), figures


def test_nine_real_servers_made_reports() -> None:
    assert len({entry.get("made") for entry in EXPECTED.values()} - {None}) >= 9


def _stands_in(chosen: str, name: str, entry: Mapping[str, object]) -> bool:
    return name.startswith("shape-") if chosen == "shapes" else "made" in entry


def share(names: list[str], right: Callable[[str], bool]) -> float:
    return sum(map(right, names)) / len(names)


def judgement(name: str, report: Report | None) -> tuple[object, ...]:
    """Class and recipients of a message, as ``report`` says; as the table says where there is none."""
    if report is None:
        entry = EXPECTED[name]
        return entry["kind"], entry.get("cause"), entry.get("address", ""), entry.get("others", [])
    first, *others = report.affected or (None,)
    cause, address = (first.cause, first.address) if first else (None, "")
    return report.kind, cause, address, [f"{one.cause} {one.address}" for one in others if one]


def wrongly_hard(name: str) -> bool:
    entry = EXPECTED[name]
    others = entry.get("others", [])
    assert isinstance(others, list)
    dead = {entry.get("address") if entry.get("cause") == "dead" else None}
    dead |= {one.partition(" ")[2] for one in others if one.startswith("dead ")}
    return any(one.hard and one.address not in dead for one in read(MESSAGES[name]).affected)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_message_can_be_matched_as_the_table_says(name: str) -> None:
    expected, clues = EXPECTED[name], read(MESSAGES[name]).clues
    for key, found in {
        "message_id": clues.message_ids,
        "references": clues.references,
        "sent_to": clues.sent_to,
        "envelope_id": (clues.envelope_id,),
    }.items():
        assert key not in expected or expected[key] in found


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_line_ends_make_no_difference(name: str) -> None:
    data = MESSAGES[name]
    for end in (b"\r\n", b"\r", b"\r\r\n"):
        assert read(data.replace(b"\n", end)) == read(data)


@pytest.mark.parametrize("name", sorted(name for name, entry in EXPECTED.items() if entry["kind"] != "opt_out"))
def test_a_huge_attachment_makes_no_difference(name: str) -> None:
    data = MESSAGES[name]
    report, padded = read(data), read(data + b"\n\n" + b"QUFB" * (LIMIT // 4))
    assert padded.kind == report.kind
    assert [(one.address, one.cause) for one in padded.affected] == [
        (one.address, one.cause) for one in report.affected
    ]


def spelled(data: bytes) -> str:
    """The message's text, its base64 parts read too: what an address may have been taken from."""
    message = take_apart(data)
    parts = list(message.walk())
    inner = [read_headers(part.content())[1] for part in parts]
    octets = b"\n".join([data, *(part.content() for part in parts), *inner])
    return octets.decode("utf-8", "replace") + octets.decode("latin-1")


def check_harmless(data: bytes) -> None:
    """Nothing raises, and nobody is called dead who is not named."""
    report = read(data)
    assert isinstance(report.kind, Kind)
    text = spelled(data)
    for one in report.affected:
        assert (one.cause is None) == (one.kind is not Kind.FAILURE)
        assert not one.hard or one.address in text


@given(name=names, at=st.floats(0, 1))
def test_a_message_cut_off_is_harmless(name: str, at: float) -> None:
    data = MESSAGES[name]
    check_harmless(data[: int(len(data) * at)])


@given(name=names, order=st.randoms(use_true_random=False))
def test_shuffled_lines_are_harmless(name: str, order: object) -> None:
    lines = MESSAGES[name].split(b"\n")
    order.shuffle(lines)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    check_harmless(b"\n".join(lines))


@given(name=names, at=st.floats(0, 1), noise=st.binary(max_size=200))
def test_noise_is_harmless(name: str, at: float, noise: bytes) -> None:
    data = MESSAGES[name]
    place = int(len(data) * at)
    check_harmless(data[:place] + noise + data[place + len(noise) :])


@given(one=names, other=names, at=st.floats(0, 1))
def test_two_messages_spliced_are_harmless(one: str, other: str, at: float) -> None:
    first, second = MESSAGES[one], MESSAGES[other]
    check_harmless(first[: int(len(first) * at)] + second[int(len(second) * at) :])


@given(st.binary(max_size=2000))
def test_any_octets_are_harmless(data: bytes) -> None:
    check_harmless(data)


def test_a_person_never_reports_a_failure() -> None:
    """Whatever a person's mail quotes, it stays a person's: each bounce of the corpus is quoted and attached."""
    for name, raw in MESSAGES.items():
        quoted = b"From: A Customer <a@customer.example>\nSubject: Re: what is this?\nIn-Reply-To: <x@acme.example>\n\n"
        attached = (
            b"From: A Customer <a@customer.example>\nSubject: Fwd: what is this?\nMIME-Version: 1.0\n"
            b'Content-Type: multipart/mixed; boundary="=_q"\n\n--=_q\n\nSee below.\n\n--=_q\n'
            b"Content-Type: message/rfc822\n\n" + raw + b"\n--=_q--\n"
        )
        for data in (quoted + raw, quoted + raw.replace(b"\n", b"\n> "), attached):
            report = read(data)
            assert (report.kind, report.affected[0].address) == (Kind.REPLY, "a@customer.example"), name


def test_hard_needs_a_sentence_or_a_code_about_the_address() -> None:
    """The corpus's failures that are not hard, with every cause there is."""
    causes = {entry.get("cause") for entry in EXPECTED.values()}
    assert causes == {None, *Cause}
