"""Encodings: marked, stated, UTF-8, or guessed and said."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from pathlib import Path

import pytest
from recipient_files import Load, Loaded

from mass_apology.errors import InputError
from mass_apology.model import Severity
from mass_apology.recipients import inspect, read
from mass_apology.settings import Campaign

LATVIAN = ["Bērziņš", "Kalniņa", "Ozoliņš", "Šķēle", "Krūmiņš"]
TEXT = "email,name\n" + "".join(f"a{i}@x.example,{name}\n" for i, name in enumerate(LATVIAN))


def names(loaded: Loaded) -> list[str]:
    return [recipient.name for recipient in loaded.recipients]


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (TEXT.encode(), "utf-8"),
        (codecs.BOM_UTF8 + TEXT.encode(), "utf-8-sig"),
        (TEXT.encode("utf-16"), "utf-16"),
        (codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"), "utf-16"),
        (TEXT.encode("utf-32"), "utf-32"),
    ],
)
def test_unicode_is_recognised_and_its_words_are_shown(load_text: Load, content: bytes, encoding: str) -> None:
    loaded = load_text(content)
    assert (loaded.layout.encoding, loaded.layout.encoding_stated) == (encoding, False)
    assert loaded.layout.header == ("email", "name")  # no byte order mark in it
    assert names(loaded) == LATVIAN
    [finding] = loaded.layout.findings
    assert (finding.code, finding.severity) == ("encoding-detected", Severity.INFO)
    assert all(name in finding.problem for name in LATVIAN)


def test_ascii_needs_no_word(load_text: Load) -> None:
    assert load_text("email\na@x.example\n").layout.findings == ()


@pytest.mark.parametrize(("languages", "best"), [(("lv", "en"), "cp1257"), (("pl",), "cp1250")])
def test_another_encoding_is_an_error_that_shows_how_it_could_read(
    load_text: Load, languages: tuple[str, ...], best: str
) -> None:
    loaded = load_text(TEXT.encode("cp1257"), languages=languages)
    [finding] = loaded.layout.findings
    assert (finding.code, finding.severity) == ("encoding-detected", Severity.ERROR)
    assert "cp1257 reads Bērziņš" in finding.problem
    assert f'[csv] encoding = "{best}"' in finding.advice
    assert loaded.layout.encoding == best
    assert len(loaded.recipients) == len(LATVIAN)  # so that everything else can be checked as well


def test_a_reading_with_signs_inside_words_is_not_the_likeliest(load_text: Load) -> None:
    text = "email;imię i nazwisko;płeć\na@x.example;Łukasz Żółć;m\nb@x.example;Anna Dzięcioł;k\n"
    loaded = load_text(text.encode("cp1250"), languages=("en",), columns={"name": "imię i nazwisko"})
    assert loaded.layout.encoding == "cp1250"
    assert names(loaded) == ["Łukasz Żółć", "Anna Dzięcioł"]


def test_the_cyrillic_alphabet_is_recognised(load_text: Load) -> None:
    people = ["Иван Петров", "Мария Сидорова", "Ольга Кузнецова"]
    text = "email,name\n" + "".join(f"a{i}@x.example,{name}\n" for i, name in enumerate(people))
    loaded = load_text(text.encode("cp1251"))
    assert names(loaded) == people
    assert loaded.layout.findings[0].severity is Severity.ERROR


@pytest.mark.parametrize("stated", ["cp1257", "CP1257", "windows-1257"])
def test_a_stated_encoding_is_used_and_its_words_are_shown(load_text: Load, stated: str) -> None:
    loaded = load_text(TEXT.encode("cp1257"), csv={"encoding": stated})
    assert names(loaded) == LATVIAN
    assert loaded.layout.encoding_stated
    [finding] = loaded.layout.findings
    assert (finding.code, finding.severity) == ("encoding-stated", Severity.INFO)
    assert "Bērziņš" in finding.problem


@pytest.mark.parametrize(
    ("stated", "content"), [("UTF-8", codecs.BOM_UTF8 + TEXT.encode()), ("utf-16-le", TEXT.encode("utf-16"))]
)
def test_a_byte_order_mark_is_taken_away_from_a_stated_encoding_too(
    load_text: Load, stated: str, content: bytes
) -> None:
    loaded = load_text(content, csv={"encoding": stated})
    assert (loaded.layout.header, names(loaded)) == (("email", "name"), LATVIAN)


@pytest.mark.parametrize("stated", ["cp12577", "hex", "rot13", "utf 8 please", "unicode_escape", "utf-7"])
def test_an_encoding_that_does_not_exist(load_text: Load, stated: str) -> None:
    with pytest.raises(InputError, match="no known encoding of text"):
        load_text(TEXT, csv={"encoding": stated})


@pytest.mark.parametrize(
    ("content", "encoding", "line", "octet", "value"),
    [
        (b"email,name\na@x.example,B\xe7rzi\xf2\xf0\n", "utf-8", 2, 25, "0xE7"),
        (b"email\r\n\r\na@x.example\r\xff", "utf-8", 4, 22, "0xFF"),
        (b"email\n" + b"a@x.example\n" * 90_000 + b"\xe2\x82", "utf-8", 90_002, 1_080_007, "0xE2"),
        (b"email\n" + b"x" * (2**20 - 7) + b"\xe2\n", "utf-8", 2, 2**20, "0xE2"),  # at the end of a block
        ("email\nõ\n".encode("utf-16") + b"\x00\xdc", "utf-16", 3, 19, "0x00"),
        (b"email\n\x81\n", "cp1257", 2, 7, "0x81"),
    ],
)
def test_what_cannot_be_decoded_is_named_by_line_and_octet(
    load_text: Load, content: bytes, encoding: str, line: int, octet: int, value: str
) -> None:
    with pytest.raises(InputError, match=rf"line {line} has the byte {value} \(byte {octet} of the file\)"):
        load_text(content, csv={"encoding": encoding})


def test_utf_16_without_a_mark_is_explained(load_text: Load) -> None:
    with pytest.raises(InputError, match="NUL characters in it, as in a UTF-16 file"):
        load_text("email,name\na@x.example,Ann\n".encode("utf-16-le"))
    assert load_text("email\na@x.example\n".encode("utf-16-le"), csv={"encoding": "utf-16-le"}).rows_read == 1


def test_a_file_that_became_undecodable_after_it_was_inspected(
    tmp_path: Path, campaign_of: Callable[..., Campaign]
) -> None:
    path = tmp_path / "affected.csv"
    path.write_text("email\na@x.example\n")
    layout = inspect(path, campaign_of())
    path.write_bytes(b"email\na@x.example\nb@x.example\xff\n")
    with pytest.raises(InputError, match="line 3 has the byte 0xFF"):
        list(read(path, layout, campaign_of()))
