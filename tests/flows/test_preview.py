"""What is previewed is what is sent: the same octets, whatever file they are written to."""

from __future__ import annotations

import asyncio
import json
import mailbox
import re
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from live import campaign_folder, customers, relay, send, write_toml
from smtp_fakes import Relay

from mass_apology.errors import InputError, OutputError
from mass_apology.flows.preview.letter_choice import Choice
from mass_apology.flows.preview.preview import PreviewResult, preview
from mass_apology.flows.preview.reading_back import read_back
from mass_apology.flows.preview.test import RehearsalResult, rehearse
from mass_apology.workspace.workspace import Workspace

pytestmark = pytest.mark.slow

SAMPLE = Path(__file__).parents[2] / "samples/service-outage"
DATE = re.compile(rb"^Date: [^\r]*\r\n", re.MULTILINE)
VARIED = """Subject: {{ incident.service }} and you

{{ salutation }}

We were down for {{ customer.minutes }} minutes.

{% if customer.credit %}
You get {{ customer.credit }} back.
{% endif %}

{% if customer.vip %}
Your manager will call you.
{% endif %}
"""


def look(folder: Path, to: Path, *, force: bool = False, **choice: object) -> PreviewResult:
    return asyncio.run(preview(Workspace.open(folder), to, Choice(**choice), force=force, on_progress=lambda *_: None))


def rehearsal(folder: Path, *to: str, letters: int = 3) -> RehearsalResult:
    return asyncio.run(rehearse(Workspace.open(folder), to, Choice(sample=letters), on_progress=lambda *_: None))


@pytest.fixture
def live() -> Iterator[Relay]:
    with relay() as listening:
        yield listening


@pytest.fixture
def trial(tmp_path: Path, live: Relay) -> Path:
    """A campaign of 40 customers."""
    return campaign_folder(tmp_path / "trial", live.sink.url, customers(40))


def undated(data: bytes) -> bytes:
    assert DATE.search(data)
    return DATE.sub(b"", data, count=1)


def test_a_whole_campaign_is_previewed_as_it_is_sent(tmp_path: Path, live: Relay) -> None:
    folder = tmp_path / "outage"
    shutil.copytree(SAMPLE, folder)
    text = (folder / "campaign.toml").read_text(encoding="utf-8")
    relay_url = re.search(r"smtp\+plain://[^\"]+", text)
    assert relay_url
    text = text.replace(relay_url[0], live.sink.url)
    (folder / "campaign.toml").write_text(re.sub(r'rate = "[^"]*"', 'rate = "unlimited"', text), encoding="utf-8")
    made = look(folder, tmp_path / "everyone", everyone=True)
    assert made.shown == made.letters == 2000
    assert made.notes == ()
    assert not live.received
    seen = {undated(path.read_bytes()) for path in (tmp_path / "everyone").iterdir()}
    assert send(folder).sent == 2000
    assert {undated(each.data) for each in live.received} == seen


def test_every_format_holds_the_same_letters(tmp_path: Path, trial: Path) -> None:
    for name in ("folder", "all.mbox", "all.jsonl", "all.txt"):
        assert look(trial, tmp_path / name, everyone=True).shown == 40
    octets = [path.read_bytes() for path in sorted((tmp_path / "folder").iterdir())]
    lines = [json.loads(line) for line in (tmp_path / "all.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [undated(line["message"].encode()) for line in lines] == [undated(each) for each in octets]
    assert [line["number"] for line in lines] == list(range(1, 41))
    with closing(mailbox.mbox(tmp_path / "all.mbox", create=False)) as box:
        assert [mail["Message-ID"] for mail in box] == [line["message_id"] for line in lines]
    text = (tmp_path / "all.txt").read_text(encoding="utf-8")
    assert all(f"{number} of 40" in text for number in range(1, 41))
    assert text.count("We are sorry.") == 40


def test_an_mbox_quotes_what_looks_like_its_separator(tmp_path: Path, live: Relay) -> None:
    folder = campaign_folder(tmp_path / "trial", live.sink.url, customers(3))
    (folder / "templates/sorry/en.md").write_text("Subject: x\n\nFrom now on all is well.\n", encoding="utf-8")
    look(folder, tmp_path / "all.mbox", everyone=True)
    with closing(mailbox.mbox(tmp_path / "all.mbox", create=False)) as box:
        assert len(box) == 3
    assert "\n>From now on" in (tmp_path / "all.mbox").read_text(encoding="utf-8")


def test_rows_and_addresses_are_found(tmp_path: Path, trial: Path) -> None:
    made = look(trial, tmp_path / "some.jsonl", lines=(2, 5), addresses=("CUSTOMER7@d0.example",))
    lines = [json.loads(line) for line in (tmp_path / "some.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [line["rows"] for line in lines] == [[2], [5], [9]]
    assert made.letters == 40


def test_what_has_no_letter_is_named(tmp_path: Path, trial: Path) -> None:
    with pytest.raises(InputError, match=r"row 99, nobody@acme\.example"):
        look(trial, tmp_path / "some.jsonl", lines=(2, 99), addresses=("nobody@acme.example",))
    assert not (tmp_path / "some.jsonl").exists()


def test_the_sample_has_every_kind_of_letter(tmp_path: Path, live: Relay) -> None:
    rows = [
        dict(
            row,
            credit="5" if number == 17 else "",
            vip="yes" if number == 23 else "",
            plan="pro" if number == 31 else "",
        )
        for number, row in enumerate(customers(60))
    ]
    folder = campaign_folder(tmp_path / "trial", live.sink.url, rows, segments={"pro": "plan == 'pro'"})
    (folder / "templates/sorry/en.md").write_text(VARIED, encoding="utf-8")
    look(folder, tmp_path / "sample.jsonl", sample=4)
    lines = [json.loads(line) for line in (tmp_path / "sample.jsonl").read_text(encoding="utf-8").splitlines()]
    assert {(19,), (25,), (33,)} <= {tuple(line["rows"]) for line in lines}
    assert len(lines) < 60


def test_nothing_is_overwritten_unasked(tmp_path: Path, trial: Path) -> None:
    (tmp_path / "old.mbox").write_text("precious", encoding="utf-8")
    with pytest.raises(OutputError, match="exists already"):
        look(trial, tmp_path / "old.mbox")
    assert (tmp_path / "old.mbox").read_text(encoding="utf-8") == "precious"
    look(trial, tmp_path / "old.mbox", force=True)
    assert (tmp_path / "old.mbox").read_text(encoding="utf-8").startswith("From mass-apology")


def test_a_folder_with_other_things_is_never_replaced(tmp_path: Path, trial: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "thesis.odt").write_text("years", encoding="utf-8")
    with pytest.raises(OutputError, match="other things"):
        look(trial, home, force=True)
    assert (home / "thesis.odt").exists()
    assert look(trial, tmp_path / "letters").shown == look(trial, tmp_path / "letters", force=True).shown


def test_an_unknown_suffix_is_named_before_any_work(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"preview\.docx"):
        look(campaign_folder(tmp_path / "t", "smtp+plain://127.0.0.1:1", customers(1)), tmp_path / "preview.docx")


def test_without_the_relay_there_is_a_preview_and_a_note(tmp_path: Path) -> None:
    folder = campaign_folder(tmp_path / "trial", "smtp+plain://127.0.0.1:1", customers(3))
    made = look(folder, tmp_path / "some.txt")
    assert made.shown == 3
    assert "8BITMIME was assumed" in made.notes[0]


def test_a_letter_that_cannot_be_written_does_not_hide_the_others(tmp_path: Path, live: Relay) -> None:
    rows = [dict(row, minutes="" if number == 3 else row["minutes"]) for number, row in enumerate(customers(10))]
    folder = campaign_folder(tmp_path / "trial", live.sink.url, rows)
    made = look(folder, tmp_path / "some.jsonl", everyone=True)
    assert (made.shown, made.failed) == (9, 1)
    assert "line 5" in made.examples[0].where


def test_the_page_shows_the_letters(tmp_path: Path, trial: Path) -> None:
    made = look(trial, tmp_path / "preview.html")
    page = (tmp_path / "preview.html").read_text(encoding="utf-8")
    assert made.code in page
    assert "Customer 39" in page


def test_a_letter_with_a_place_holder_is_shown_with_it_marked(tmp_path: Path, trial: Path) -> None:
    (trial / "templates/sorry/en.md").write_text("Subject: Sorry\n\nDear [FIRSTNAME], sorry.\n", encoding="utf-8")
    made = look(trial, tmp_path / "preview.html")
    page = (tmp_path / "preview.html").read_text(encoding="utf-8")
    assert (made.failed, made.shown) == (0, 40)
    assert "leftover-placeholders" in page
    assert '"[FIRSTNAME]"' in page


def test_a_test_goes_to_oneself_only(trial: Path, live: Relay) -> None:
    done = rehearsal(trial, "me@acme.example", "legal@acme.example", letters=2)
    assert done.accepted == done.letters == 4
    assert {each.recipients for each in live.received} == {("me@acme.example",), ("legal@acme.example",)}
    for each in live.received:
        mail = read_back(each.data)
        assert mail.subject.startswith("[TEST] Acme API and you, Customer ")
        assert b"customer" not in each.data.split(b"\r\n\r\n")[0].replace(b"Customer", b"")
    assert not (trial / "ledger.sqlite").exists()
    assert send(trial).sent == 40


def test_a_test_has_no_customers_message_id(trial: Path, live: Relay) -> None:
    rehearsal(trial, "me@acme.example", letters=3)
    send(trial)
    ids = [re.search(rb"^Message-ID: (\S+)", each.data, re.MULTILINE)[1] for each in live.received]
    assert len(set(ids)) == 43


@pytest.mark.parametrize("address", ["nobody", "a@b@c", "x@acme.example\nRCPT TO:<y@z.example>"])
def test_a_test_to_no_address_is_refused(trial: Path, live: Relay, address: str) -> None:
    with pytest.raises(InputError, match="--to"):
        rehearsal(trial, address)
    assert not live.received


def test_a_test_is_no_mailing(trial: Path) -> None:
    with pytest.raises(InputError, match="200"):
        rehearsal(trial, "me@acme.example", letters=201)


def test_a_changed_campaign_previews_the_change(tmp_path: Path, trial: Path, live: Relay) -> None:
    first = look(trial, tmp_path / "one.txt")
    write_toml(trial, live.sink.url, incident={"service": "Acme Mail"})
    second = look(trial, tmp_path / "two.txt")
    assert first.code != second.code
    assert "Acme Mail" in (tmp_path / "two.txt").read_text(encoding="utf-8")
