"""Texts that nobody would send are read and judged in linear time: there are findings, or a clear error."""

from __future__ import annotations

import time

import pytest

from mass_apology.errors import InputError
from mass_apology.wording.critic import criticise
from mass_apology.wording.reading.files import LONGEST, read_letters
from mass_apology.wording.wording_rules import rules

pytestmark = pytest.mark.slow

SHORT = 3_000  # characters
TIMES = 4
MOST = 10  # times the time of the short text: linear is 4, quadratic 16

PUMPS = (
    *(
        "a",
        "sorry ",
        "sorry if ",
        "CAPS ",
        "nan ",
        "it's ",
        "a-b-",
        "a_",
        "a.b",
        "x. ",
        ".. ",
        "!?",
        "1 ",
        "+1 234 567 ",
    ),
    *(
        '"',
        "“",
        "«",
        "'",
        "(",
        "[",
        "[a]",
        "{{",
        "{%",
        "*",
        "_",
        "`",
        "&",
        "&amp;",
        "<",
        "</",
        "<!--",
        "<a ",
        "<p>a",
        "<td>a",
    ),
    *("<div hidden>", "\n", "a\n\n", "- a\n", "# a\n", "| a\n", "> a\n", "Subject: a\n", "From a\n\n", "Anna Berg\n"),
    *("http://a.b/c ", "a@b.c ", "a@", "e\u0301", "😀", "\u200b", "аa ", "שלום ", "ａ"),
)
"""What a hostile text is made of, again and again."""


def judged(name: str, text: str) -> int:
    """How many faults are found."""
    known = rules("en")
    assert known is not None
    return sum(len(criticise(each, known)) for each in read_letters(name, text.encode()))


def letter(name: str, pump: str, length: int) -> str:
    mail = {".eml": "Subject: Late\n\n", ".mbox": "From a@b.example Mon Nov 30 12:00:00 2026\nSubject: Late\n\n"}
    return mail.get(name[1:], "") + (pump * (length // len(pump) + 1))[:length]


def seconds(name: str, text: str) -> float:
    """The least processor time of reading and judging, of some tries that are each long enough for the clock."""
    tries = []
    for _ in range(3):
        calls, began = 0, time.process_time()
        while (spent := time.process_time() - began) < 0.002 or not calls:
            judged(name, text)
            calls += 1
        tries.append(spent / calls)
    return min(tries)


@pytest.mark.parametrize("name", ["a.md", "a.html", "a.eml", "a.mbox"])
@pytest.mark.parametrize("pump", PUMPS)
def test_four_times_the_text_takes_no_sixteen_times_the_time(pump: str, name: str) -> None:
    judged("a.md", "We are sorry.")  # the rules are read once
    short, long = (seconds(name, letter(name, pump, length)) for length in (SHORT, SHORT * TIMES))
    assert long < MOST * short


@pytest.mark.parametrize(
    ("pump", "megabytes"),
    [("a", 10), ("<p>a", 10), ("<", 2), ('"', 2), ("sorry if ", 2), ("аa ", 2), ("e\u0301", 2)],  # two are far too many
)
def test_megabytes_are_no_letter(pump: str, megabytes: int) -> None:
    for name in ("a.md", "a.txt", "a.html"):
        with pytest.raises(InputError, match=f"a letter has at most {LONGEST:,}") as error:
            judged(name, pump * (megabytes * 1_000_000 // len(pump.encode())))
        assert error.value.next_step


@pytest.mark.parametrize("name", ["a.eml", "a.mbox"])
def test_ten_megabytes_of_a_mail_are_read_as_far_as_mails_are(name: str) -> None:
    assert judged(name, letter(name, "sorry if ", 10_000_000)) > 0


@pytest.mark.parametrize(
    "page",
    [
        "<p>We are sorry if <b>you <i>were</b> affected</i>.",
        "<table><tr><td>We are sorry if you were affected.",
        "<!doctype html><html lang=en><body><p>We are sorry if you were affected.</div></p></table>",
        "<p class='a' class=\"b>We are sorry\" if=c>We are sorry if you were affected.<",
        "<p>We are &nbsp;sorry &#105;f you were affected.&bogus; &#0; &",
        "\ufeff<p>We are sorry if you were affected.\0"[:-1],
    ],
)
def test_broken_pages_are_read_as_far_as_they_go(page: str) -> None:
    known = rules("en")
    assert known is not None
    found = [each.rule for document in read_letters("a.html", page.encode()) for each in criticise(document, known)]
    assert "conditional-apology" in found


@pytest.mark.parametrize("data", [b"\xff\xfe\x00a", b"a\0b", bytes(range(256))])
@pytest.mark.parametrize("name", ["a.md", "a.txt", "a.html", "a"])
def test_octets_that_are_no_text_are_refused(data: bytes, name: str) -> None:
    with pytest.raises(InputError, match=f"^{name} is no text"):
        list(read_letters(name, data))


@pytest.mark.parametrize("data", [b"", b"\xff\xfe", b"\x80" * 1_000, b"From ", b"Subject:", b"\r\r\n"])
@pytest.mark.parametrize("name", ["a.md", "a.txt", "a.html", "a.eml"])
def test_odd_octets_are_read(data: bytes, name: str) -> None:
    assert judged(name, data.decode("latin-1")) >= 0
    assert all(each.source is not None for each in read_letters(name, data))


@pytest.mark.parametrize("data", [b"", b"Subject: Late\n\nWe are sorry.", b" From a@b.example\n"])
def test_a_mailbox_without_a_mail_says_so(data: bytes) -> None:
    with pytest.raises(InputError, match=r"^a\.mbox holds no mail: no line begins with “From ”"):
        list(read_letters("a.mbox", data))
