"""Codes that are each somebody's, and remedies whose links say who chose what: whole campaigns."""

from __future__ import annotations

import csv
import json
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.utils import formatdate
from pathlib import Path
from urllib.parse import unquote

import pytest
from live import Person, campaign_folder, customers, relay, send, write_rows, write_toml
from smtp_fakes import Relay

from mass_apology.campaign import read_campaign
from mass_apology.errors import CampaignError, ConfirmationError, InputError, OutputError
from mass_apology.flows.feedback.bounces import settle
from mass_apology.flows.feedback.choices import choose
from mass_apology.flows.follow_up.affected import CorrectOptions as Correction
from mass_apology.flows.follow_up.correct import correct
from mass_apology.flows.report.report import report
from mass_apology.ledger.came_back import Token
from mass_apology.workspace.ledger_store import ledger_store
from mass_apology.workspace.workspace import Workspace

pytestmark = pytest.mark.slow

OFFER = """Subject: We owe you something

{{ salutation }}

We are sorry. Your code is **{{ code }}**.

- [Money back]({{ remedies.refund }})
- [Another one]({{ remedies.replacement }})
"""
REMEDIES = {
    "refund": "https://acme.example/recall?choice={token}&from=letter",
    "replacement": "mailto:recall@acme.example?subject=My%20choice%20{token}",
}
ADDRESSES = {f"customer{number}@d{number % 7}.example" for number in range(9)}


@pytest.fixture
def live() -> Iterator[Relay]:
    with relay() as listening:
        yield listening


@pytest.fixture
def folder(tmp_path: Path, live: Relay) -> Path:
    made = campaign_folder(
        tmp_path / "trial", live.sink.url, customers(9), codes={"file": "codes.csv"}, remedies=REMEDIES
    )
    (made / "templates/sorry/en.md").write_text(OFFER, encoding="utf-8")
    write_codes(made, 12)
    return made


def write_codes(folder: Path, count: int) -> None:
    (folder / "codes.csv").write_text("".join(f"SORRY-{number:03}\n" for number in range(count)), encoding="utf-8")


def texts(live: Relay) -> dict[str, str]:
    found = {}
    for each in live.received:
        part = message_from_bytes(each.data, policy=policy.default).get_body(("plain",))
        assert part is not None
        found[each.recipients[0]] = part.get_content()
    return found


def test_each_has_a_code_of_their_own(folder: Path, live: Relay) -> None:
    assert send(folder).sent == 9
    codes = {address: re.search(r"SORRY-\d{3}", text) for address, text in texts(live).items()}
    assert {match[0] for match in codes.values() if match} == {f"SORRY-{number:03}" for number in range(9)}


def test_results_name_the_code_that_each_letter_showed(folder: Path, live: Relay) -> None:
    send(folder)
    shown = {address: re.search(r"SORRY-\d{3}", text)[0] for address, text in texts(live).items()}
    report(Workspace.open(folder), folder / "results.jsonl", None, force=False)
    lines = (folder / "results.jsonl").read_text(encoding="utf-8").splitlines()
    assert {each["address"]: each["customer_code"] for each in map(json.loads, lines) if each["sha256"]} == shown


def test_a_further_letter_shows_the_code_that_the_first_one_had(folder: Path, live: Relay) -> None:
    """It once could not be planned: while it was tried, nobody had a code."""
    send(folder)
    first = {address: re.search(r"SORRY-\d{3}", text)[0] for address, text in texts(live).items()}
    live.received.clear()
    assert correct(Workspace.open(folder), Correction(template="sorry"), Person()).sent == 9
    assert {address: re.search(r"SORRY-\d{3}", text)[0] for address, text in texts(live).items()} == first


def test_too_few_codes_stop_everything(folder: Path, live: Relay) -> None:
    write_codes(folder, 7)
    person = Person()
    with pytest.raises(ConfirmationError):
        send(folder, person)
    check = person.checks[-1]
    assert check
    (group,) = [group for group in check.groups if group.code == "codes-too-few"]
    assert "9 customers are to have a code, and 7" in group.examples[0].problem
    assert not live.received


def test_codes_that_are_added_serve_those_who_come_later(folder: Path, live: Relay) -> None:
    send(folder)
    write_rows(folder / "affected.csv", customers(14))
    with pytest.raises(ConfirmationError):
        send(folder)
    write_codes(folder, 14)
    assert send(folder).sent == 5
    found = [re.search(r"SORRY-\d{3}", text) for text in texts(live).values()]
    assert len({match[0] for match in found if match}) == 14


@pytest.mark.parametrize(
    ("content", "column", "said"),
    [
        ("A\nB\nA\n", None, "row 3: repeats the code of line 1"),
        ("A;x\n", None, "row 1: has several cells"),
        ("Voucher\nA\nB\n", None, "row 1: holds a column's name, 'Voucher', and no code. Say that it is one: `column"),
        ("name,voucher\nx,A\n", "code", "row 1: names no column 'code'. There are: name, voucher"),
        ("name,voucher\nx,\n", "voucher", "row 2: holds no usable code"),
        ('name,voucher\nx,"A\n', "voucher", "cannot be read"),
    ],
)
def test_a_file_of_codes_that_cannot_be_trusted(
    folder: Path, live: Relay, content: str, column: str | None, said: str
) -> None:
    settings = {"file": "codes.csv"} | ({"column": column} if column else {})
    write_toml(folder, live.sink.url, codes=settings, remedies=REMEDIES)
    (folder / "codes.csv").write_text(content, encoding="utf-8")
    with pytest.raises(InputError) as raised:
        send(folder)
    assert said in f"{raised.value.problem} {raised.value.next_step}"
    assert not live.received


def test_a_missing_file_of_codes(folder: Path) -> None:
    (folder / "codes.csv").unlink()
    with pytest.raises(InputError, match="There is no file"):
        send(folder)


def test_the_links_say_who_chose_what(folder: Path, live: Relay) -> None:
    send(folder)
    tokens = {address: re.findall(r"\b(\w+\.[0-9a-f]{32})", unquote(text)) for address, text in texts(live).items()}
    assert set(tokens) == ADDRESSES
    assert all([token.split(".")[0] for token in each] == ["refund", "replacement"] for each in tokens.values())
    log = folder / "requests.log"
    refund, replacement = tokens["customer1@d1.example"][0], tokens["customer2@d2.example"][1]
    log.write_text(
        f"asked for nothing: /recall?choice=\n{moment(10)} GET /recall?choice={refund}&from=letter 200\n"
        f"{moment(20)} GET /recall?choice=%20{tokens['customer1@d1.example'][1]} 200\n"
        f"no time at all: {replacement}\n"
        f"{moment(30)} GET /recall?choice=refund.{'0' * 32} 200\n"
        f"{moment(40)} GET /recall?choice=a_car.{refund.split('.')[1]} 200\n",  # which nobody offered
        encoding="utf-8",
    )
    chosen = choose(Workspace.open(folder), str(log), folder / "choices.csv", force=False)
    assert chosen.read
    assert (chosen.read.new, chosen.read.known, chosen.read.strange) == (3, 0, 2)
    assert chosen.remedies == {"replacement": 2}  # the first one thought better of it
    assert chosen.undecided == 7
    with (folder / "choices.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["address"], row["remedy"], row["minutes"]) for row in rows] == [
        ("customer1@d1.example", "replacement", "2"),
        ("customer2@d2.example", "replacement", "3"),
    ]
    again = choose(Workspace.open(folder), str(log), None, force=False)
    assert again.read
    assert (again.read.new, again.read.known) == (0, 3)
    assert again.remedies == chosen.remedies


def moment(seconds_ago: float) -> str:
    return (datetime.now(UTC) - timedelta(seconds=60 - seconds_ago)).isoformat()


@pytest.mark.parametrize("claimed", ["9999-12-31T23:59:59Z", "2001-01-01T00:00:00Z", "in two hours", "never"])
def test_no_claimed_time_hides_a_later_choice(folder: Path, live: Relay, claimed: str) -> None:
    send(folder)
    refund, replacement = re.findall(r"\b\w+\.[0-9a-f]{32}", unquote(texts(live)["customer1@d1.example"]))
    claimed = claimed if claimed != "in two hours" else moment(60 + 7200)
    log = folder / "requests.log"
    log.write_text(f"{claimed} {refund}\n", encoding="utf-8")
    assert choose(Workspace.open(folder), str(log), folder / "first.csv", force=False).remedies == {"refund": 1}
    log.write_text(f"{claimed} {refund}\n{moment(60)} {replacement}\n", encoding="utf-8")
    assert choose(Workspace.open(folder), str(log), folder / "second.csv", force=False).remedies == {"replacement": 1}


def test_a_time_that_an_earlier_version_believed_neither_breaks_the_list_nor_hides_a_later_choice(
    folder: Path, live: Relay
) -> None:
    send(folder)
    refund, replacement = re.findall(r"\b\w+\.([0-9a-f]{32})", unquote(texts(live)["customer1@d1.example"]))
    year_9999 = 253_402_300_800.0
    with ledger_store(folder).open(read_campaign(folder).name) as ledger:
        ledger.choices.record([Token(remedy="refund", letter=refund, at=year_9999, source="old.log")], 0)
        assert choose(Workspace.open(folder), None, folder / "first.csv", force=False).remedies == {"refund": 1}
        ledger.choices.record(
            [Token(remedy="replacement", letter=replacement, at=time.time() - 5, source="new.log")], 0
        )
    assert choose(Workspace.open(folder), None, folder / "second.csv", force=False).remedies == {"replacement": 1}


def test_where_nothing_is_offered_nothing_is_chosen(tmp_path: Path, live: Relay) -> None:
    folder = campaign_folder(tmp_path / "plain", live.sink.url, customers(3))
    send(folder)
    with pytest.raises(ConfirmationError, match="offers nothing to choose from"):
        choose(Workspace.open(folder), None, None, force=False)


def test_a_list_of_choices_has_a_format_by_its_name(folder: Path, live: Relay) -> None:
    send(folder)
    choose(Workspace.open(folder), None, folder / "choices.xlsx", force=False)
    assert (folder / "choices.xlsx").read_bytes().startswith(b"PK")
    with pytest.raises(OutputError, match=r"does not end in \.csv, \.xlsx, \.json or \.jsonl"):
        choose(Workspace.open(folder), None, folder / "choices.txt", force=False)
    assert not (folder / "choices.txt").exists()


def test_a_remedy_that_no_letter_offers_is_pointed_out(folder: Path, live: Relay) -> None:
    person = Person()
    send(folder, person)
    assert person.checks[-1]
    assert not [group for group in person.checks[-1].groups if group.code == "remedy-unshown"]
    more = REMEDIES | {"repair": "https://acme.example/repair?choice={token}"}
    write_toml(folder, live.sink.url, codes={"file": "codes.csv"}, remedies=more)
    write_rows(folder / "affected.csv", customers(10))
    send(folder, person)
    assert person.checks[-1]
    (group,) = [group for group in person.checks[-1].groups if group.code == "remedy-unshown"]
    assert "`repair`" in group.examples[0].problem


def test_a_choice_by_mail_is_a_reply_of_whoever_got_the_letter(folder: Path, live: Relay) -> None:
    send(folder)
    token = re.findall(r"replacement\.[0-9a-f]{32}", unquote(texts(live)["customer3@d3.example"]))[0]
    (folder / "answers").mkdir()
    (folder / "answers/one.eml").write_text(
        f"From: Their Assistant <other@elsewhere.example>\nTo: recall@acme.example\nSubject: My choice {token}\n"
        f"Date: {formatdate()}\nMessage-ID: <1@elsewhere.example>\n\nPlease send a new one.\n",
        encoding="utf-8",
    )
    settled = settle(Workspace.open(folder), str(folder / "answers"), on_progress=lambda *_: None)
    assert (settled.chosen, settled.kinds) == (1, {"reply": 1})
    assert choose(Workspace.open(folder), None, None, force=False).remedies == {"replacement": 1}
    assert settle(Workspace.open(folder), str(folder / "answers"), on_progress=lambda *_: None).chosen == 0


@pytest.mark.parametrize(
    "address",
    ["https://acme.example/recall", "https://{token}.example/", "javascript:{token}", "mailto:{token}@acme.example"],
)
def test_an_address_without_a_good_place_for_the_token(folder: Path, live: Relay, address: str) -> None:
    write_toml(folder, live.sink.url, remedies={"refund": address})
    with pytest.raises(CampaignError, match=r"remedies\.refund"):
        read_campaign(folder)


def test_a_letter_that_wants_a_remedy_nobody_declared(folder: Path, live: Relay) -> None:
    write_toml(folder, live.sink.url, remedies={"refund": REMEDIES["refund"]}, codes={"file": "codes.csv"})
    person = Person()
    with pytest.raises(Exception, match=r"replacement|errors"):
        send(folder, person)
    assert not live.received
