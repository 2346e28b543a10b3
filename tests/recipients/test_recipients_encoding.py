"""Encodings: marked, stated, UTF-8, or guessed and said."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from pathlib import Path

import pytest
from recipient_files import Load, Loaded

from mass_apology.errors import InputError
from mass_apology.model import Severity
from mass_apology.recipients import RecipientsFile, inspect, read
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


@pytest.mark.parametrize("languages", [("lv", "en"), ("pl",), ("en",)])
def test_another_encoding_is_an_error_that_shows_how_it_could_read(load_text: Load, languages: tuple[str, ...]) -> None:
    loaded = load_text(TEXT.encode("cp1257"), languages=languages)
    [finding] = loaded.layout.findings
    assert (finding.code, finding.severity) == ("encoding-detected", Severity.ERROR)
    first = finding.problem.partition("guessed: ")[2].partition(";")[0]
    assert first.startswith("cp1257 reads ")
    assert "Bērziņš" in first
    assert '[csv] encoding = "cp1257"' in finding.advice
    assert loaded.layout.encoding == "cp1257"
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


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("text", [TEXT, "email;name\na@x.example;Иван Петров\nb@x.example;Мария Сидорова\n"])
def test_utf_16_needs_no_mark(load_text: Load, codec: str, text: str) -> None:
    wanted = [line.replace(";", ",").split(",")[1] for line in text.splitlines()[1:]]
    for stated in (None, codec, codec[:6]):
        loaded = load_text(text.encode(codec), csv={"encoding": stated} if stated else {})
        assert (loaded.layout.encoding, names(loaded)) == (codec, wanted)


@pytest.mark.parametrize("stated", ["utf-16", "utf-32", "UTF16"])
def test_a_file_that_is_stated_to_be_utf_16_and_is_not(load_text: Load, stated: str) -> None:
    with pytest.raises(InputError, match="has neither a byte order mark nor the zero octets"):
        load_text(TEXT, csv={"encoding": stated})


def test_nul_octets_are_told_with_their_line(load_text: Load) -> None:
    with pytest.raises(InputError, match="NUL characters in it"):
        load_text(b"em\0ail,name\na@x.example,Ann\n")
    loaded = load_text(b"email,name\na@x.example,A\0nn\nb@x.example,Bo\n" + b"\0" * 300)
    assert (names(loaded), loaded.codes) == (["Bo"], [(2, "control-character"), (4, "field-count")])


PEOPLE = {
    "pl": ["Łukasz Żółć", "Świętosława Dąbek", "Małgorzata Źrebię", "Jóźwiak Łęcki"],
    "ru": ["Иван Петров", "Мария Сидорова", "Пётр Ёлкин"],
    "el": ["Γιώργος Παπαδόπουλος", "Ελένη Ιωάννου", "Χρήστος Ξένος"],
    "lv": ["Jānis Bērziņš", "Ķēniņa Līga", "Šķēle Ģirts"],
    "lt": ["Žydrūnas Ąžuolas", "Eglė Šėmienė", "Rūta Įdomi"],
    "et": ["Õnne Tõnisson", "Jüri Põder", "Täht Öö"],
    "de": ["Jürgen Groß", "Käthe Öl", "Übel"],
}


@pytest.mark.parametrize(
    ("language", "codecs"),
    [
        ("pl", ["cp1250", "iso8859_2", "cp852", "mac_latin2"]),
        ("ru", ["cp1251", "koi8_r", "cp866", "iso8859_5"]),
        ("el", ["cp1253", "iso8859_7"]),
        ("lv", ["cp1257", "iso8859_13", "cp775"]),
        ("lt", ["cp1257", "iso8859_13"]),
        ("et", ["cp1252", "cp1257"]),
        ("de", ["cp1252", "cp850", "mac_roman"]),
    ],
)
@pytest.mark.parametrize("column", ["language", "Land", None])
def test_the_languages_that_rows_ask_for_tell_the_encoding(
    load_text: Load, language: str, codecs: list[str], column: str | None
) -> None:
    country = {"el": "GR", "et": "EE"}.get(language, language.upper())
    code = country if column == "Land" else language
    rows = [f"a{i}@x.example;{name}" + (f";{code}" if column else "") for i, name in enumerate(PEOPLE[language])]
    text = "\n".join([f"email;name;{column}" if column else "email;name", *rows]) + "\n"
    for codec in codecs:
        loaded = load_text(text.encode(codec))
        assert names(loaded) == PEOPLE[language], codec
        assert loaded.layout.findings[0].severity is Severity.ERROR


def test_rows_of_two_languages_are_each_read_in_their_own(load_text: Load) -> None:
    # In cp1250 these octets would be Czech and Polish letters all the same.
    rows = [("Łukasz Żółć", "pl"), ("Jürgen Groß", "de"), ("Świętek", "pl")]
    text = "email,name,language\n" + "".join(f"a{i}@x.example,{name},{code}\n" for i, (name, code) in enumerate(rows))
    assert names(load_text(text.encode("iso8859_2"))) == [name for name, _ in rows]
    assert names(load_text(text.encode("cp1250"))) == [name for name, _ in rows]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("rows", [1, 2100])
def test_one_row_in_another_encoding_is_named_and_set_aside(load_text: Load, rows: int, end: str) -> None:
    good = "email,name" + end + "".join(f"a{i}@x.example,Łucja Gößl{end}" for i in range(rows))
    loaded = load_text(good.encode() + f"b@x.example,Bärbel{end}c@x.example,Ann{end}".encode("cp1252"))
    assert loaded.codes == [(rows + 2, "text-lost")]
    assert len(loaded.recipients) == rows + 1
    [finding] = loaded.layout.findings
    assert (finding.code, finding.severity) == ("encoding-mixed", Severity.WARNING)
    assert f"but line {rows + 2} is not: read as cp1252 it says Bärbel" in finding.problem


def test_one_row_of_utf_8_in_a_file_of_another_encoding_is_named(load_text: Load) -> None:
    text = "email,name\n" + "".join(f"a{i}@x.example,Jürgen Groß\n" for i in range(2100))
    content = text.encode("cp1252") + "b@x.example,Björn\n".encode()
    [finding] = load_text(content).layout.findings
    assert "Line 2102 is UTF-8 all the same" in finding.problem
    loaded = load_text(content, csv={"encoding": "cp1252"})
    assert loaded.codes == [(2102, "text-garbled")]
    assert "probably 'Björn'" in loaded.findings[0].problem


@pytest.mark.parametrize(
    ("codec", "text"),
    [("gb18030", "王小明\n李娜\n张伟\n刘洋\n陈静"), ("cp932", "山田太郎\n鈴木花子\nサトウ\n東京都渋谷区")],
)
def test_the_scripts_of_east_asia_are_not_taken_for_cyrillic(load_text: Load, codec: str, text: str) -> None:
    rows = "".join(f"a{i}@x.example,{name}\n" for i, name in enumerate(text.split("\n") * 3))
    assert names(load_text(f"email,name\n{rows}".encode(codec))) == text.split("\n") * 3


def test_a_file_that_became_undecodable_after_it_was_inspected(
    tmp_path: Path, campaign_of: Callable[..., Campaign]
) -> None:
    path = tmp_path / "affected.csv"
    path.write_text("email\na@x.example\n")
    with RecipientsFile(path) as file:
        layout = inspect(file, campaign_of())
        path.write_bytes(b"email\na@x.example\nb@x.example\xff\n")
        with pytest.raises(InputError, match="line 3 has the byte 0xFF"):
            list(read(file, layout, campaign_of()))


def test_one_endless_line_that_is_no_text_is_refused_with_its_line(load_text: Load) -> None:
    with pytest.raises(InputError, match="line 1: a field is longer than"):
        load_text(b"\xff" * 300_000)


def test_western_names_in_english_rows_tell_encodings_apart_that_other_rows_do_not(load_text: Load) -> None:
    """German and Estonian letters are the same octets in both; of "Zoë" and "Siobhán" the other makes Lithuanian."""
    rows = [("Zoë", "en"), ("Siobhán", "en"), ("Müller", "de"), ("Õie", "et"), ("Mägi", "et")] * 20
    lines = [f"a{number}@x.example,{name},{language}" for number, (name, language) in enumerate(rows)]
    text = "\n".join(["email,name,language", *lines, ""])
    [finding] = load_text(text.encode("cp1252"), languages=("en",)).layout.findings
    first, *others = finding.problem.partition("guessed: ")[2].split("; ")
    assert first.startswith("cp1252 reads Zoë, ")
    assert any(each.startswith("cp1257 reads Zoė, ") for each in others)
    [finding] = load_text(
        text.replace("Zoë,en", "Jonė,lt").replace("Siobhán", "Ana").encode("cp1257"), languages=("lt", "en")
    ).layout.findings
    assert finding.problem.partition("guessed: ")[2].startswith("cp1257 reads Jonė, ")
