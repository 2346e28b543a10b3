"""One mailbox gets one letter of a wave, whatever happens to the file; or each customer does, when that is said."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from live import Person, Row, campaign_folder, relay, results, send, statuses, write_rows, write_toml
from smtp_fakes import Nth, Relay
from test_follow_up import ALWAYS, DAY, Clock, add_waves, armed, followed, sent_in

from mass_apology.errors import ConfirmationError
from mass_apology.flows.follow_up import follow_up
from mass_apology.flows.follow_up.affected import CorrectOptions
from mass_apology.flows.follow_up.correct import correct
from mass_apology.flows.follow_up.outlook import outlook
from mass_apology.flows.plan.plan_check import Check
from mass_apology.schedule import Reason
from mass_apology.workspace.workspace import Workspace

pytestmark = pytest.mark.slow

LETTER = """Subject: What happened

{{ salutation }}

We are sorry.
{% for row in rows %}
- {{ row.minutes }} minutes
{% endfor %}
"""
AGAIN = "Subject: What we got wrong\n\n{{ salutation }}\n\nIt was {{ rows | length }} times.\n"
EACH = {"top": {"one_letter_per": "customer"}}


@pytest.fixture
def live() -> Iterator[Relay]:
    with relay() as listening:
        yield listening


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock(1_795_000_000.0)
    monkeypatch.setattr(time, "time", clock)
    return clock


def people(count: int = 12) -> list[dict[str, str]]:
    return [
        {
            "email": f"customer{n}@d{n % 7}.example",
            "name": f"Łucja Ek {n}",
            "minutes": str(n),
            "no": str(100 + n),
            "surname": f"Ek {n}",
        }
        for n in range(count)
    ]


def row(address: str, name: str, minutes: int = 1, **more: str) -> Row:
    return {"email": address, "name": name, "minutes": str(minutes), **more}


def campaign(folder: Path, live: Relay, rows: Sequence[Row], **tables: dict[str, object]) -> Path:
    campaign_folder(folder, live.sink.url, rows, **tables)
    for name, text in {"sorry": LETTER, "again": AGAIN}.items():
        (folder / "templates" / name).mkdir(exist_ok=True)
        (folder / "templates" / name / "en.md").write_text(text, encoding="utf-8")
    return folder


def found(person: Person) -> dict[str, list[str]]:
    """What the last check said, by code."""
    check = person.checks[-1]
    assert isinstance(check, Check)
    return {
        group.code: [f"{each.where}: {each.problem}" for each in group.examples]
        for group in check.groups
        if group.code != "encoding-detected"
    }


def plan(folder: Path) -> Person:
    """A look at what ``send`` would do, with nothing sent."""
    person = Person(types="none")
    with suppress(ConfirmationError):
        send(folder, person)
    return person


# The file of a campaign that was sent comes back in another shape

Change = Callable[[Path, str, list[dict[str, str]]], None]


def rewritten(change: Callable[[dict[str, str]], dict[str, str]]) -> Change:
    return lambda folder, _, rows: write_rows(folder / "affected.csv", [change(each) for each in rows])


def told(**tables: dict[str, object]) -> Change:
    return lambda folder, url, _: write_toml(folder, url, **tables)


def sorted_otherwise(folder: Path, _: str, rows: list[dict[str, str]]) -> None:
    write_rows(folder / "affected.csv", sorted(rows, key=lambda each: each["email"], reverse=True))


def with_a_row_more_each(folder: Path, _: str, rows: list[dict[str, str]]) -> None:
    write_rows(folder / "affected.csv", [*rows, *(dict(each, name="Bo", minutes="7") for each in rows)])


CHANGES: dict[str, Change] = {
    "key named": told(columns={"key": "no"}),
    "another name column": told(columns={"name": "surname"}),
    "no accents": rewritten(lambda each: each | {"name": each["name"].replace("Ł", "L")}),
    "capitals": rewritten(lambda each: each | {"name": each["name"].upper(), "email": each["email"].upper()}),
    "titles": rewritten(lambda each: each | {"name": f"Dr. {each['name']}"}),
    "no names": rewritten(lambda each: each | {"name": ""}),
    "name first column renamed": rewritten(
        lambda each: {"who": each["name"], **{key: value for key, value in each.items() if key != "name"}}
    ),
    "sorted": sorted_otherwise,
    "more rows of the same mailboxes": with_a_row_more_each,
}


@pytest.mark.parametrize("change", CHANGES)
def test_nobody_is_written_to_again(tmp_path: Path, live: Relay, change: str) -> None:
    rows = people()
    folder = campaign(tmp_path / "trial", live, rows)
    assert send(folder).sent == 12
    before = {each.address: each.message_id for each in results(folder)}
    CHANGES[change](folder, live.sink.url, rows)
    person = Person()
    assert send(folder, person).sent == 0
    assert person.asked == []
    assert not {"nothing-known", "already-written"} & found(person).keys()
    assert len(live.received) == 12
    assert {each.address: each.message_id for each in results(folder)} == before


def test_a_file_that_grows_in_mid_campaign_with_other_keys_and_spellings(tmp_path: Path, live: Relay) -> None:
    rows = people()
    folder = campaign(tmp_path / "trial", live, rows[:5], columns={"key": "no"})
    assert send(folder).sent == 5
    grown = [each | {"name": each["name"].replace("Ł", "L"), "no": f"x{each['no']}"} for each in reversed(rows)]
    write_rows(folder / "affected.csv", grown)
    assert send(folder).sent == 7
    assert sorted(each.recipients[0] for each in live.received) == sorted(each["email"] for each in rows)


def test_a_domain_in_letters_and_in_punycode_is_one_mailbox(tmp_path: Path, live: Relay) -> None:
    rows = [row("Anna@żółć.example", "Anna"), row("anna@xn--kda4b0koi.example", "Anna", 2)]
    folder = campaign(tmp_path / "trial", live, rows)
    assert send(folder).sent == 1
    write_rows(folder / "affected.csv", rows[::-1])
    assert send(folder).sent == 0
    write_rows(folder / "affected.csv", [row("ANNA@ŻÓŁĆ.EXAMPLE", "Ania"), row("bo@xn--kda4b0koi.example", "Bo")])
    assert send(folder).sent == 1


# Persons who share a mailbox


def test_three_persons_of_one_mailbox_get_one_letter_that_calls_nobody_by_name(tmp_path: Path, live: Relay) -> None:
    rows = [row("Office@x.example", "Łucja Ek", 11), row("bo@x.example", "Bo"), row("office@X.example", "Jan Ek", 22)]
    rows += [row("office@x.example", "Eva Ek", 33), row("office@x.example", "LUCJA EK", 44)]
    folder = campaign(tmp_path / "trial", live, rows)
    person = Person()
    assert send(folder, person).sent == 2
    (shared,) = found(person)["mailbox-shared"]
    assert shared.startswith("affected.csv, lines 2, 4, 5, 6: Łucja Ek, Jan Ek and Eva Ek share Office@x.example")
    letter = next(each for each in live.received if each.recipients == ("Office@x.example",))
    message = message_from_bytes(letter.data, policy=policy.default)
    text = message.get_body(("plain",)).get_content()
    assert message["To"] == "Office@x.example"
    assert text.startswith("Dear customer,")
    assert [f"- {minutes} minutes" in text for minutes in (11, 22, 33, 44, 1)] == [True] * 4 + [False]
    assert not any(name in text for name in ("ucja", "Jan", "Eva", "UCJA"))


def test_a_letter_that_prints_a_name_cannot_be_written_to_several(tmp_path: Path, live: Relay) -> None:
    rows = [row("office@x.example", "Anna Ek"), row("bo@x.example", "Bo"), row("office@x.example", "Jan Ek")]
    folder = campaign(tmp_path / "trial", live, rows)
    named = LETTER.replace("{{ salutation }}", "Dear {{ customer.name }},")
    (folder / "templates/sorry/en.md").write_text(named, encoding="utf-8")
    person = Person()
    with pytest.raises(ConfirmationError):
        send(folder, person)
    (failure,) = found(person)["letter-fails"]
    assert "line 2" in failure
    assert "`name` is empty" in failure
    assert live.received == []


def test_one_name_is_nobody_else_s(tmp_path: Path, live: Relay) -> None:
    rows = [row("anna@x.example", "Łucja Ek"), row("ANNA@x.example", "lucja ek", 2), row("anna@x.example", "", 3)]
    folder = campaign(tmp_path / "trial", live, rows)
    person = Person()
    assert send(folder, person).sent == 1
    assert list(found(person)) == ["address-respelled"]
    assert (
        "Dear Łucja Ek,"
        in message_from_bytes(live.received[0].data, policy=policy.default).get_body(("plain",)).get_content()
    )


def test_a_correction_goes_to_a_shared_mailbox_once(tmp_path: Path, live: Relay) -> None:
    folder = campaign(tmp_path / "trial", live, [row("office@x.example", "Anna"), row("bo@x.example", "Bo")])
    send(folder)
    rows = [row("office@x.example", "Anna"), row("bo@x.example", "Bo"), row("OFFICE@x.example", "Jan", 3)]
    write_rows(folder / "affected.csv", rows)
    assert send(folder).sent == 0
    assert correct(Workspace.open(folder), CorrectOptions(template="again", changed=True), Person()).sent == 1
    assert live.received[-1].recipients == ("office@x.example",)
    text = live.received[-1].data.decode()
    assert "It was 2 times." in text
    assert "Dear customer," in text


def test_rows_that_differ_in_what_only_the_first_one_shows_are_told(tmp_path: Path, live: Relay) -> None:
    rows = [row("a@x.example", "Anna", 1, plan="pro"), row("b@x.example", "Bo", 2, plan="pro")]
    rows += [row("A@x.example", "ANNA", 3, plan="pro"), row("b@x.example", "Bo", 2, plan="free")]
    folder = campaign(tmp_path / "trial", live, rows)
    assert "rows-differ" not in found(plan(folder))  # it shows the minutes of all rows, and no plan
    letter = "Subject: Sorry, {{ customer.minutes }}\n\n{{ salutation }}\n\nYour plan is {{ customer.plan }}.\n"
    (folder / "templates/sorry/en.md").write_text(letter, encoding="utf-8")
    first, second = found(plan(folder))["rows-differ"]
    assert first.startswith("affected.csv, lines 2, 4: The rows of a@x.example differ in minutes, and")
    assert second.startswith("affected.csv, lines 3, 5: The rows of b@x.example differ in plan, and")
    shows_all = letter + "{% for row in rows %}\n- {{ row.minutes }}, {{ row.plan }}\n{% endfor %}\n"
    (folder / "templates/sorry/en.md").write_text(shows_all, encoding="utf-8")
    assert "rows-differ" not in found(plan(folder))


@pytest.mark.parametrize(("each", "letters"), [({}, 2), (EACH, 3)])
def test_a_follow_up_goes_to_whom_the_first_letter_went(
    tmp_path: Path, live: Relay, clock: Clock, each: dict[str, dict[str, object]], letters: int
) -> None:
    rows = [row("office@x.example", "Anna"), row("bo@x.example", "Bo"), row("OFFICE@x.example", "Jan", 3)]
    folder = campaign(tmp_path / "trial", live, rows)
    add_waves(folder, live, ALWAYS, {"name": "later", "template": "again", "after": "3 days"})
    path = folder / "campaign.toml"
    path.write_text("".join(f'{key} = "{value}"\n' for key, value in each.get("top", {}).items()) + path.read_text())
    assert send(folder).sent == letters
    clock.at += 4 * DAY
    assert armed(folder, letters).letters == letters
    assert sent_in(followed(folder)) == letters
    texts = [one.data.decode() for one in live.received[letters:] if one.recipients[0].lower() == "office@x.example"]
    calls = ["Dear Anna,", "Dear Jan,"] if each else ["Dear customer,"]
    assert [any(call in text for text in texts) for call in calls] == [True] * len(texts)
    assert len({message_from_bytes(one.data)["Message-ID"] for one in live.received}) == 2 * letters


# Keys


def test_a_corrected_address_is_written_to_once_under_its_key(tmp_path: Path, live: Relay) -> None:
    """Due, accepted, and refused: the letter goes on to the new address, stays where it is, goes again."""
    rows = [dict(each) for each in people(3)]
    with relay(
        fault=lambda _, verb, argument: b"550 5.1.1 no such user" if b"customer1@" in argument else None
    ) as deaf:
        folder = campaign(tmp_path / "trial", deaf, rows[:2], columns={"key": "no"})
        send(folder)
    assert statuses(folder) == {"ACCEPTED": 1, "REFUSED": 1}
    write_toml(folder, live.sink.url, columns={"key": "no"})
    for n, each in enumerate(rows):
        each["email"] = f"new{n}@x.example"
    write_rows(folder / "affected.csv", rows)
    person = Person()
    assert send(folder, person).sent == 2
    assert sorted(each.recipients[0] for each in live.received) == ["new1@x.example", "new2@x.example"]
    (moved,) = found(person)["address-changed"]
    assert moved.startswith("affected.csv, line 2: ")
    with pytest.raises(ConfirmationError, match="Nobody's row changed"):
        correct(Workspace.open(folder), CorrectOptions(template="again", changed=True), Person())


def test_a_customer_with_two_addresses_is_reported(tmp_path: Path, live: Relay) -> None:
    rows = [row("old@x.example", "Anna", no="7"), row("new@x.example", "Anna", no="7"), row("b@x.example", "B", no="8")]
    folder = campaign(tmp_path / "trial", live, rows, columns={"key": "no"})
    person = Person()
    assert send(folder, person).sent == 3
    (told,) = found(person)["customer-several-letters"]
    assert told.startswith("affected.csv, lines 2, 3: One customer, by the key, has old@x.example and new@x.example")


# Each customer


def test_each_customer_of_a_mailbox_gets_a_letter_when_that_is_said(tmp_path: Path, live: Relay) -> None:
    rows = [row("office@x.example", "Anna Ek"), row("Office@x.example", "Jan Ek"), row("office@x.example", "Anna EK")]
    folder = campaign(tmp_path / "trial", live, rows, **EACH)
    person = Person()
    assert send(folder, person).sent == 2
    (several,) = found(person)["mailbox-several-letters"]
    assert (
        several
        == "affected.csv, lines 2, 3: Anna Ek and Jan Ek have the mailbox office@x.example, which gets 2 letters."
    )
    texts = [each.data.decode() for each in live.received]
    assert sorted(next(name for name in ("Anna Ek", "Jan Ek") if f"Dear {name}," in text) for text in texts) == [
        "Anna Ek",
        "Jan Ek",
    ]
    assert len({message_from_bytes(each.data)["Message-ID"] for each in live.received}) == 2
    assert send(folder).sent == 0


def test_a_customer_who_comes_later_to_a_mailbox_that_was_reached_is_a_question(tmp_path: Path, live: Relay) -> None:
    rows = [row("office@x.example", "Anna Ek"), row("bo@x.example", "Bo")]
    folder = campaign(tmp_path / "trial", live, rows, **EACH)
    send(folder)
    write_rows(folder / "affected.csv", [*rows, row("office@x.example", "Jan Ek")])
    person = Person()
    with pytest.raises(ConfirmationError):
        send(folder, person)
    (told,) = found(person)["already-written"]
    assert "Jan Ek <office@x.example> (line 4; accepted " in told
    assert len(live.received) == 2
    assert send(folder, override=("already-written",)).sent == 1


def test_one_key_with_two_names_or_addresses_is_a_person_s_to_decide(tmp_path: Path, live: Relay) -> None:
    rows = [row("a@x.example", "Anna", no="1"), row("b@x.example", "Bo", no="1"), row("c@x.example", "Cid", no="2")]
    folder = campaign(tmp_path / "trial", live, rows, columns={"key": "no"}, **EACH)
    person = plan(folder)
    (conflict,) = found(person)["rows-conflict"]
    assert conflict == "affected.csv, lines 2, 3: The rows share one letter but differ in address and name."
    assert live.received == []


def test_going_over_to_mailboxes_writes_to_none_again(tmp_path: Path) -> None:
    rows = [row("office@x.example", name, no=no) for name, no in (("Anna", "1"), ("Jan", "2"), ("Eva", "3"))]
    rows += [row("bo@x.example", "Bo", no="4"), row("bo@x.example", "Ola", no="5")]
    with relay(fault=Nth("RCPT", 2, lambda conversation: conversation.close())) as live:
        folder = campaign(tmp_path / "trial", live, rows, columns={"key": "no"}, **EACH)
        send(folder)
        reached = {each.recipients[0] for each in live.received}
        assert reached
        write_toml(folder, live.sink.url, columns={"key": "no"})
        before = len(live.received)
        send(folder)
        new = [each.recipients[0] for each in live.received[before:]]
    assert not reached & set(new)
    assert len(new) == len(set(new))


# Nothing is known


def test_a_recipients_file_without_known_people_is_reported(tmp_path: Path, live: Relay) -> None:
    folder = campaign(tmp_path / "trial", live, people(5))
    person = Person()
    send(folder, person)
    assert "nothing-known" not in found(person)
    write_rows(folder / "affected.csv", [row(f"other{n}@x.example", f"Other {n}") for n in range(4)])
    (told,) = found(plan(folder))["nothing-known"]
    assert told.startswith("affected.csv: None of these 4 letters is for anybody known from the 5 that have left")
    assert time.strftime("%Y-%m-%d", time.gmtime()) in told or time.gmtime().tm_hour == 0


def test_two_languages_of_one_mailbox_are_a_question(tmp_path: Path, live: Relay) -> None:
    rows = [row("m@x.example", "Anna", language="en"), row("m@x.example", "Jan", language="pl")]
    folder = campaign(tmp_path / "trial", live, rows)
    assert "rows-conflict" not in found(plan(folder))  # there is no Polish letter
    (folder / "templates/sorry/pl.md").write_text(LETTER, encoding="utf-8")
    (conflict,) = found(plan(folder))["rows-conflict"]
    assert conflict == "affected.csv, lines 2, 3: The rows share one letter but differ in language."


# A change of mind between two waves


def of_one_mailbox(folder: Path, live: Relay) -> Path:
    """Each customer got a first letter; since then, campaign.toml says that each mailbox gets one."""
    rows = [row("office@x.example", "Anna"), row("bo@x.example", "Bo"), row("Office@x.example", "Jan", 3)]
    campaign(folder, live, rows, **EACH)
    assert send(folder).sent == 3
    write_toml(folder, live.sink.url)
    return folder


def test_a_mailbox_gets_one_follow_up_although_each_customer_got_a_first_letter(
    tmp_path: Path, live: Relay, clock: Clock
) -> None:
    folder = of_one_mailbox(tmp_path / "trial", live)
    add_waves(folder, live, ALWAYS, {"name": "later", "template": "again", "after": "3 days"})
    clock.at += 4 * DAY
    shown = outlook(Workspace.open(folder))
    assert [(each.letters, each.expected) for each in shown.waves] == [(2, 0)]
    assert {out.reason: out.count for out in shown.left_out} == {Reason.MAILBOX: 1}
    armed(folder, 2)
    assert sent_in(followed(folder)) == 2
    assert sent_in(followed(folder)) == 0
    assert sorted(each.recipients[0].lower() for each in live.received[3:]) == ["bo@x.example", "office@x.example"]


def test_of_two_planned_follow_ups_to_one_mailbox_one_goes(
    tmp_path: Path, live: Relay, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow_up, "PATIENCE", 0.0)
    rows = [row("office@x.example", "Anna"), row("bo@x.example", "Bo"), row("Office@x.example", "Jan", 3)]
    folder = campaign(tmp_path / "trial", live, rows)
    later = {"name": "later", "template": "again", "after": "3 days"}
    add_waves(folder, live, ALWAYS, later)
    path = folder / "campaign.toml"
    path.write_text('one_letter_per = "customer"\n' + path.read_text(encoding="utf-8"), encoding="utf-8")
    assert send(folder).sent == 3
    clock.at += 4 * DAY
    armed(folder, 3)
    live.fault = lambda _, verb, __: b"451 4.3.0 later" if verb == "RCPT" else None
    assert sent_in(followed(folder)) == 0
    live.fault = None
    add_waves(folder, live, ALWAYS, later)
    armed(folder, 3)  # they are planned by now
    clock.at += DAY
    assert sent_in(followed(folder)) == 2
    assert sorted(each.recipients[0].lower() for each in live.received[3:]) == ["bo@x.example", "office@x.example"]


@pytest.mark.parametrize("whose", ["Anna", "Jan"])
def test_a_correction_follows_the_letter_of_a_mailbox_that_had_the_error(
    tmp_path: Path, live: Relay, whose: str
) -> None:
    folder = of_one_mailbox(tmp_path / "trial", live)
    (digest,) = (each.sha256 for each in results(folder) if each.name == whose)
    assert digest is not None
    assert correct(Workspace.open(folder), CorrectOptions(template="again", digest=digest.hex()), Person()).sent == 1
    assert f"Dear {whose}," in live.received[-1].data.decode()
    assert (
        correct(Workspace.open(folder), CorrectOptions(template="again"), Person()).sent == 1
    )  # the other mailbox: office has it
    assert live.received[-1].recipients == ("bo@x.example",)


def test_each_address_of_a_cell_gets_its_letter_once_also_when_the_file_grows(tmp_path: Path, live: Relay) -> None:
    both = "customer1@d1.example; customer2@d2.example"
    rows = [row("customer0@d0.example", "Ann"), row(both, "Bob"), row("customer2@d2.example", "Bob", 2)]
    folder = campaign(tmp_path, live, rows, values={"several_addresses": "each"})
    send(folder)
    assert sorted(live.numbers) == [0, 1, 2]  # the second of the cell has a row of its own, too
    write_rows(folder / "affected.csv", [*rows, row("customer3@d3.example, customer0@d0.example", "Cid")])
    send(folder)
    assert sorted(live.numbers) == [0, 1, 2, 3]
    assert statuses(folder) == {"ACCEPTED": 4}
