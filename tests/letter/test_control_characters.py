"""No template, fact or customer's value puts a control character into a letter, or turns its direction of writing."""

from __future__ import annotations

from pathlib import Path

import pytest
from letter_files import letter, template, write

from mass_apology.control_characters import control_character, control_reference, turns_what_follows
from mass_apology.errors import TemplateError

CONTROLS = [
    *("\x00", "\x01", "\x07", "\x08", "\x0b", "\x0c", "\x0d", "\x1b", "\x1d", "\x1e", "\x1f", "\x7f", "\x80", "\x9f"),
    *("\u2028", "\u2029", "\u202a", "\u202b", "\u202c", "\u202d", "\u202e", "\u2066", "\u2067", "\u2068", "\u2069"),
    *("\ufff9", "\ud800"),
]
IN_A_FILE = [each for each in CONTROLS if each != "\ud800"]  # which UTF-8 cannot hold
HELD = "line 6: the letter would hold the control character"


def escaped(character: str) -> str:
    return f"\\x{ord(character):02x}" if ord(character) < 256 else f"\\u{ord(character):04x}"


def problem(folder: Path) -> str:
    """What is wrong with the letter; nothing where it can be written."""
    try:
        template(folder)
    except TemplateError as refusal:
        return refusal.problem
    return ""


def test_as_it_is(tmp_path: Path) -> None:
    said = {}
    for character in IN_A_FILE:
        path = write(tmp_path, f"one\n\ntwo {character} three")
        path.write_bytes(f"Subject: Hello\n\none\n\ntwo {character} three".encode())
        said[f"U+{ord(character):04X}"] = problem(tmp_path)
    held = "line 5: the file holds the control character"
    assert {code for code, each in said.items() if f"{held} {code}" not in each} == set()


@pytest.mark.parametrize(
    "code",
    [
        "{{{{ {} }}}}",
        "{{{{ 'a' ~ {} }}}}",
        "{{{{ name | replace('a', {}) }}}}",
        "{{{{ customer.plan | default({}) }}}}",
        "{{% set x = {} %}}{{{{ x }}}}",
        "{{% if name == {} %}}x{{% endif %}}",
        "{{{{ rows | join({}) }}}}",
        "[a](https://a.example/{{{{ {} }}}})",
    ],
)
def test_as_an_escape(tmp_path: Path, code: str) -> None:
    said = {}
    for literal in [quote + escaped(character) + quote for character in CONTROLS for quote in "'\""]:
        write(tmp_path, f"one\n\ntwo\n{code.format(literal)}")
        said[literal] = problem(tmp_path)
    assert {literal for literal, each in said.items() if HELD not in each} == set()


@pytest.mark.parametrize("subject", ['{{ "\\x07" }}', "{{ '\\u202e' }} x", '{{ name ~ "\\u2028" }}'])
def test_in_the_subject(tmp_path: Path, subject: str) -> None:
    write(tmp_path, "one", subject=f"Hello {subject}")
    with pytest.raises(TemplateError, match="line 1: the letter would hold the control character"):
        template(tmp_path)


@pytest.mark.parametrize(
    "reference", ["&#x202e;", "&#8238;", "&#x202E", "&#x2066;", "&#7;", "&#x0;", "&#xb;", "&#x9f;"]
)
def test_as_a_reference(tmp_path: Path, reference: str) -> None:
    write(tmp_path, f"one\n\ntwo {reference} three")
    with pytest.raises(TemplateError, match=r"line 5: .* stands for a control character"):
        template(tmp_path)
    write(tmp_path, "one", layout=f"<html>\n<body>{reference}{{{{ body }}}}</body></html>")
    with pytest.raises(TemplateError, match=r"bare\.html, line 2: .* stands for a control character"):
        template(tmp_path)


def test_in_a_language_from_right_to_left_the_direction_may_turn(tmp_path: Path) -> None:
    write(tmp_path, "אחד \u2067abc\u2069 \u202aabc\u202c", language="he")
    assert "\u2067abc\u2069" in letter_in_hebrew(tmp_path)
    for never in ("\u202e", "\u202d", "\x07"):
        write(tmp_path, f"אחד {never}", language="he")
        with pytest.raises(TemplateError, match="the control character"):
            template(tmp_path, "he")


def letter_in_hebrew(folder: Path) -> str:
    from letter_files import render

    return render(template(folder, "he")).text


@pytest.mark.parametrize(
    "harmless", ["\t", "ż", "\u00a0", "\u200e", "\u200d", "👨\u200d👩\u200d👧", "{{ 'a\\nb' }}", "&#x41;", "&amp;"]
)
def test_what_stays(tmp_path: Path, harmless: str) -> None:
    assert letter(tmp_path, f"one {harmless} two").text.startswith("one")


@pytest.mark.parametrize(
    "value", ["a\u202eb", "\u202d", "a\u202ab", "\u2067a", "\u202ba\u202c\u202bb", "\u2066a\u202c"]
)
def test_a_value_that_turns_what_follows(value: str) -> None:
    assert turns_what_follows(value)


@pytest.mark.parametrize("value", ["a", "\u202a+48 22 000\u202c", "\u2067a\u2069 b", "שלום", "\u200fשלום", "a\u202c"])
def test_a_value_that_does_not(value: str) -> None:
    assert not turns_what_follows(value)


def test_the_patterns_alone() -> None:
    assert control_character("a\tb\nc") is None
    assert control_reference("&#x110000;") is not None
    assert control_reference("&#160; &#x2014;") is None
