"""Letters by byte templates are, octet by octet, the ordinary way's."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from small_campaign import campaign, delivery, make_writer, write_templates

from mass_apology.errors import MassApologyError, MessageError, TemplateError
from mass_apology.letter.byte_template import ByteTemplate
from mass_apology.letter.letter_writer import Writer
from mass_apology.letter.message.compose import Bodies
from mass_apology.letter.ways_compared import COMPARED_EVERY, FIRST_COMPARED
from mass_apology.model import Content, Delivery, Severity
from mass_apology.settings import SubjectLine

DATE = "Fri, 20 Nov 2026 22:30:00 +0000"
HEADER = ("email", "name", "plan", "credit", "currency", "minutes", "note", "began", "gender", "company", "order id")
TYPES = {"credit": "decimal", "minutes": "int", "began": "datetime"}

BLOCKS = (
    "{{ salutation }}",
    "Hello {{ name }}, {{ name }}. You are {{ customer.plan | default('nobody') }}.",
    "We are sorry, and this line is long enough to be wrapped somewhere near {{ customer.plan | d('here') }} or there.",
    "{% if customer.plan %}Your plan is **{{ customer.plan }}**.{% endif %}",
    "{% if customer.plan == 'pro' %}You pay.{% elif customer.note %}{{ customer.note }}.{% else %}Thanks.{% endif %}",
    "Down {{ customer.minutes | default(0) | duration }} from {{ incident.started_at | moment }}.",
    "{% if customer.began %}It began {{ customer.began | on_date }}, {{ customer.began | time }}.{% endif %}",
    "{% for row in rows %}\n- order {{ row['order id'] | d('-') }}: {{ row.credit | d(0) }}\n{% endfor %}",
    "{% for row in rows if row.credit %}\n{{ loop.index }} of {{ rows | length }}: {{ row.credit }}\n\n{% endfor %}",
    "{% for currency, own in rows | selectattr('credit', 'defined') | groupby('currency') %}\n"
    "You get {{ own | sum(attribute='credit') | money('EUR') }} in {{ currency }}.\n{% endfor %}",
    "{% set most = rows | map(attribute='minutes') | select('defined') | max %}\n"
    "{% if most | d(0) %}Up to {{ most | duration }}.{% endif %}",
    "{% set role = sender.role or customer.note %}\n{{ role | d('x') }} and {{ role | d('y') | upper }}",
    "{% set whose = rows | first %}\n{{ whose.plan | d('?') }}",
    "> quoted {{ customer.note | d('') }}\n> and more",
    "| a | b |\n|---|---|\n| {{ customer.plan | d('x') }} | {{ customer.credit | d('0') }} |",
    "    code {{ customer.note | d('.') }}\n    .dot",
    "[Your page](https://acme.example/?p={{ customer.plan | d('') }}&n={{ name | urlencode }})",
    "Zażółć {{ customer.plan | d('gęślą') }} – jaźń 🙂",
    "{{ customer.credit }}",  # fails where there is none
    "{{ code or 'no code' }}",
    "{{ customer['order id'] }}",
    "{{ customer }}",  # a whole row: nothing tells what it depends on
    "{{ rows | map(attribute=customer.note) | list | length }}",
    "![sign](cid:sign)",
    "{{ incident.service }} costs {{ 1234.5 | number }}",
    "<b>{{ customer.note | d('none') }}</b>",
)
SUBJECTS = (
    "We are sorry",
    "{{ incident.service }}: sorry, {{ name }}",
    "Przepraszamy: żółć {{ customer.plan | d('') }}",
    "{{ customer.note | d('x') }}",
)
TEXTS = st.one_of(
    st.sampled_from(
        [
            *("", "pro", ".", "..", ".dot", "\n.", "a\n.b", "\n\n\n", "a\n\n\n\nb", " a  b ", "ż", "ąćęłńóśźż", "🙂"),
            *(
                "x" * 400,
                "x" * 1100,
                "ż" * 600,
                "long words " * 90,
                "{{ name }}",
                "{% if %}",
                "{#",
                "<b>&'\"",
                "=?utf-8?b?",
            ),
            *("שלום עולם", "\u202eabc", "a\u2028b", "a\rb", "a\r\nb", "a\x00b", "\x1d", "a\x1eb", "\u00a0", "\t"),
            *("--=_mass-apology_0_", "--=_mass-apology_", "1", "1.0", "1.00", "0", "True"),
        ]
    ),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
)
NAMES = st.sampled_from(["", "Jan", "Łukasz Żak", "Anna", "Олег", 'O\'Brien, "Bob" <b>', "x" * 90, "a=?b", "Acme"])


def cells() -> st.SearchStrategy[dict[str, str]]:
    whole = st.fixed_dictionaries(
        {},
        optional={
            "plan": TEXTS,
            "note": TEXTS,
            "order id": TEXTS,
            "credit": st.sampled_from(["5", "5.0", "5.00", "12.30", "0", "-1", "many"]),
            "currency": st.sampled_from(["EUR", "PLN", "eur"]),
            "minutes": st.sampled_from(["0", "1", "192", "-5"]),
            "began": st.sampled_from(["2026-11-20T09:12Z", "2026-07-01T23:30Z"]),
            "gender": st.sampled_from(["f", "m", "x"]),
            "company": st.sampled_from(["Acme", "SIA X"]),
        },
    )
    return whole.map(lambda row: {name: cell for name, cell in row.items() if cell})


def deliveries() -> st.SearchStrategy[Delivery]:
    return st.builds(
        delivery,
        st.integers(1, 3),
        st.lists(cells(), min_size=1, max_size=3),
        name=NAMES,
        address=st.sampled_from(["jan@customer.example", "żółw@customer.example", "no address"]),
        time_zone=st.sampled_from(["", "Europe/Warsaw", "Asia/Kathmandu", "No/Where"]),
        thread=st.sampled_from([(), ("<a@b>",), ("<a@b>", "<c@d>")]),
        thread_subject=st.sampled_from(["", "Before", "Re: before"]),
        header_id=st.sampled_from(["", "<first@acme.example>"]),
        code=st.sampled_from(["", "K-1", "ż"]),
    )


MESSAGES = st.fixed_dictionaries(
    {},
    optional={
        "list_unsubscribe": st.sampled_from(
            [
                ["https://acme.example/u"],
                ["https://acme.example/u?t={token}", "mailto:u@acme.example"],
                ["https://acme.example/u?p={{ customer.plan }}"],
            ]
        ),
        "headers": st.sampled_from([{"X-Campaign": "1"}, {"X-Note": "żółć"}]),
        "attachments": st.sampled_from([["terms.pdf"], ["terms.pdf", "bills/{order id}.pdf"]]),
        "images": st.just({"sign": "sign.png"}),
    },
)
SENDERS = st.sampled_from(
    [
        {"from": "Anna Kowalska <anna@acme.example>"},
        {"from": "Anna <anna@acme.example>", "role": "COO", "verp": True, "reply_to": "help@acme.example"},
        {"from": "żółw@acme.example", "reply_to": "{note}@acme.example"},
    ]
)
CAMPAIGNS = st.fixed_dictionaries(
    {
        "blocks": st.lists(st.sampled_from(BLOCKS), min_size=1, max_size=7),
        "subject": st.sampled_from(SUBJECTS),
        "format": st.sampled_from([".md", ".md", ".md", ".txt", ".html"]),
        "message": MESSAGES,
        "sender": SENDERS,
        "subject_line": st.sampled_from(list(SubjectLine)),
    }
)


def made(folder: Path, drawn: dict[str, Any]) -> Writer:
    """The writer of a drawn campaign, whose files are put into the folder."""
    write_templates(folder)
    letter = folder / "templates" / "sorry" / "en.md"
    letter.unlink()
    body = "\n\n".join(drawn["blocks"])
    if drawn["format"] == ".html":
        body = f"<html><body><p>{'</p><p>'.join(drawn['blocks'])}</p></body></html>"
    letter.with_suffix(drawn["format"]).write_text(f"Subject: {drawn['subject']}\n\n{body}\n", encoding="utf-8")
    (folder / "terms.pdf").write_bytes(b"%PDF-1.4 terms" * 30)
    (folder / "sign.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(30))
    (folder / "bills").mkdir()
    (folder / "bills" / "1.pdf").write_bytes(b"%PDF-1.4 bill")
    return Writer(
        campaign(types=TYPES, message=drawn["message"], sender=drawn["sender"], columns={"gender": "gender"}),
        folder=folder,
        directories=(folder / "templates",),
        header=HEADER,
        subject_line=drawn["subject_line"],
    )


def outcome(write: Callable[[], Any]) -> Any:
    try:
        return write()
    except MassApologyError as error:
        return type(error), error.problem, error.next_step


@settings(
    max_examples=60,
    phases=[Phase.explicit, Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(CAMPAIGNS, st.lists(deliveries(), min_size=1, max_size=6), st.booleans())
def test_both_ways_write_the_same(drawn: dict[str, Any], letters: list[Delivery], eightbit: bool) -> None:
    with TemporaryDirectory() as folder:
        try:
            writer = made(Path(folder), drawn)
        except MassApologyError:
            return  # a template that nobody could use
        for each in [*letters, *letters]:
            expected = outcome(lambda: writer.write_ordinarily(each, date=DATE, eightbit=eightbit))  # noqa: B023
            missed = writer.ways.ordinary.total()
            assert outcome(lambda: writer.write(each, date=DATE, eightbit=eightbit)) == expected  # noqa: B023
            if not isinstance(expected, tuple) and not holds_what_no_hole_does(each):
                assert writer.ways.ordinary.total() == missed
        assert not writer.ways.to_tell()


def holds_what_no_hole_does(letter: Delivery) -> bool:
    return any(sign in cell for row in json.loads(letter.rows) for cell in row.values() for sign in "\r\0\x1d\x1e")


def ways(folder: Path) -> Iterator[tuple[Writer, Delivery]]:
    write_templates(folder)
    writer = make_writer(folder)
    yield from ((writer, delivery(number)) for number in range(2 * COMPARED_EVERY))


def test_the_first_letters_and_some_later_ones_are_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[int] = []
    ordinarily = Writer.write_ordinarily

    def counted(self: Writer, letter: Delivery, **given: Any) -> Any:
        compared.append(letter.id)
        return ordinarily(self, letter, **given)

    monkeypatch.setattr(Writer, "write_ordinarily", counted)
    for writer, letter in ways(tmp_path):
        writer.write(letter, date=DATE, eightbit=True)
    assert compared == [*range(FIRST_COMPARED), COMPARED_EVERY - 1, 2 * COMPARED_EVERY - 1]


def test_where_the_ways_differ_the_ordinary_one_is_taken_and_check_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_templates(tmp_path)
    bodies = ByteTemplate.bodies

    def spoilt(self: ByteTemplate, filled: Any) -> Bodies:
        right = bodies(self, filled)
        return replace(right, text=right.text.replace(b"down", b"up"))

    monkeypatch.setattr(ByteTemplate, "bodies", spoilt)
    for do in (Writer.check, lambda made, letters: made.write(*letters, date=DATE, eightbit=True)):
        writer = make_writer(tmp_path)
        letters = [delivery(number) for number in range(FIRST_COMPARED + 2)]
        do(writer, letters[:1])
        for each in letters:
            assert b"it was down" in writer.write(each, date=DATE, eightbit=True).data
        if do is not Writer.check:
            assert [each.code for each in writer.check(letters).findings] == ["letter-ways-differ"]
        assert writer.check(letters).findings == []  # it is told once


def test_check_tells_that_the_ways_differ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_templates(tmp_path)
    content = ByteTemplate.content
    monkeypatch.setattr(ByteTemplate, "content", lambda *given: replace(content(*given), text="Spoilt\n"))
    (found,) = make_writer(tmp_path).check([delivery(number) for number in range(3)]).findings
    assert (found.code, found.severity) == ("letter-ways-differ", Severity.WARNING)


def test_a_letter_that_cannot_be_written_is_the_ordinary_ways_to_tell(tmp_path: Path) -> None:
    write_templates(tmp_path)
    writer = make_writer(tmp_path)
    failing = delivery(rows=[{"number": "1", "minutes_down": "many"}])
    with pytest.raises(TemplateError, match=r"affected\.csv, line 2: In the column minutes_down"):
        writer.write(failing, date=DATE, eightbit=True)
    with pytest.raises(MessageError, match="line 2: The name in To holds"):
        writer.write(delivery(name="a=?b"), date=DATE, eightbit=True)
    assert writer.ways.ordinary.total() == 2


def test_equal_numbers_that_print_differently_are_told_apart(tmp_path: Path) -> None:
    write_templates(tmp_path)
    letter = tmp_path / "templates" / "sorry" / "en.md"
    letter.write_text("Subject: Sorry\n\n{{ customer.minutes_down }}\n", encoding="utf-8")
    writer = make_writer(tmp_path, types={"minutes_down": "decimal"})
    rows = [{"minutes_down": cell} for cell in ("1", "1.0", "1.00", "01")]
    texts = [writer.content(delivery(rows=[row])).text for row in [*rows, *rows]]
    assert texts == 2 * [writer._rendering.content(delivery(rows=[row]), DATE).text for row in rows]
    assert len(set(texts)) >= 3
    assert writer.ways.ordinary.total() == 0


def test_a_column_that_no_letter_shows_is_read_all_the_same(tmp_path: Path) -> None:
    write_templates(tmp_path)
    letter = tmp_path / "templates" / "sorry" / "en.md"
    letter.write_text("Subject: Sorry\n\n{{ salutation }}\n", encoding="utf-8")
    writer = make_writer(tmp_path)
    for cell in ("1", "1", "2"):
        assert isinstance(writer.content(delivery(rows=[{"minutes_down": cell}])), Content)
    with pytest.raises(TemplateError, match="minutes_down the value 'x'"):
        writer.content(delivery(rows=[{"minutes_down": "x"}]))
