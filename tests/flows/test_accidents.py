"""Every guard stops ``send`` before a letter leaves, says how to override it, and can be overridden."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from live import LETTER, Person, Row, campaign_folder, customers, relay, send, write_rows, write_toml
from smtp_fakes import Relay

from mass_apology import history
from mass_apology.errors import ConfirmationError
from mass_apology.guards import GUARDS
from mass_apology.model import Severity

pytestmark = pytest.mark.slow

SENDER = "Anna Kowalska <anna@acme-post.net>"
Break = Callable[[Path, str], None]


def people(count: int = 40, **fields: str) -> list[Row]:
    """Customers at a domain that is not one of the reserved ones."""
    return [dict(row, email=f"customer{n}@acme-post.net", **fields) for n, row in enumerate(customers(count))]


@pytest.fixture
def live() -> Iterator[Relay]:
    with relay() as listening:
        yield listening


def letter(text: str) -> Break:
    return lambda folder, _: (folder / "templates/sorry/en.md").write_text(text, encoding="utf-8") and None


def rows(table: Sequence[Row]) -> Break:
    return lambda folder, _: write_rows(folder / "affected.csv", table)


def toml(**tables: dict[str, object]) -> Break:
    return lambda folder, url: write_toml(folder, url, **{"sender": {"from": SENDER}, **tables})


def checked_before(letters: int) -> Break:
    checked = history.Checked(at=time.time(), letters=letters, parts={})
    return lambda folder, _: history.remember_check(folder, checked) and None


def sent_elsewhere(folder: Path, url: str) -> None:
    other = campaign_folder(folder.parent / "copy", url, people(), sender={"from": SENDER})
    (other / "affected.csv").write_bytes((folder / "affected.csv").read_bytes())
    send(other)


SCENARIO = """
[facts.service]
type = "text"
comment = "What was down"
example = "Acme API"

[facts.region]
type = "text"
comment = "Where"
example = "Europe"
"""


def example_facts(folder: Path, url: str) -> None:
    toml(incident={"service": "Acme API", "region": "Europe"})(folder, url)
    (folder / "templates/sorry/scenario.toml").write_text(SCENARIO, encoding="utf-8")


def one_mailbox(folder: Path, _: str) -> None:
    write_rows(folder / "affected.csv", [dict(row, email="boss@acme-post.net") for row in people()])
    text = LETTER.replace("{{ customer.name }}", "all")
    (folder / "templates/sorry/en.md").write_text(text, encoding="utf-8")


def already_written(folder: Path, url: str) -> None:
    """Each customer has a letter, and then the keys are another column's."""
    numbered = [dict(row, id=f"a{n}", contract=f"c{n}") for n, row in enumerate(people())]
    write_rows(folder / "affected.csv", numbered)
    each = {"sender": {"from": SENDER}, "top": {"one_letter_per": "customer"}}
    write_toml(folder, url, columns={"key": "id"}, **each)
    assert send(folder).sent == len(numbered)
    write_toml(folder, url, columns={"key": "contract"}, **each)


def shrunken(folder: Path, url: str) -> None:
    write_rows(folder / "affected.csv", people(400))
    write_toml(folder, url, top={"where": "name == 'Customer 7'"}, sender={"from": SENDER})


def forbidden_word(folder: Path, url: str) -> None:
    toml(incident={"service": "Acme API", "hazard": "This is a voluntary recall."})(folder, url)
    (folder / "templates/sorry/scenario.toml").write_text('legal_pack = "gpsr-36"\n', encoding="utf-8")
    (folder / "templates/sorry/en.md").write_text(LETTER + "\n{{ incident.hazard }}\n", encoding="utf-8")


def unread_warning(folder: Path, _: str) -> None:
    write_rows(folder / "affected.csv", people(language="pl"))
    (folder / "templates/sorry/scenario.toml").write_text('campaign_purpose = "safety"\n', encoding="utf-8")


def same_letters(folder: Path, _: str) -> None:
    text = "Subject: Sorry\n\nWe were down for {{ customer.minutes }} minutes.\n"
    (folder / "templates/sorry/en.md").write_text(text, encoding="utf-8")
    write_rows(folder / "affected.csv", people(minutes="5"))


NEXT_YEAR = datetime.now(UTC).replace(microsecond=0) + timedelta(days=365)
YESTERDAY = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)

ACCIDENTS: dict[str, Break] = {
    "template-draft": letter(LETTER + "\nTODO: ask legal.\n"),
    "internal-links": letter(LETTER + "\n[Status](https://staging.acme.net/x)\n"),
    "example-facts": example_facts,
    "impossible-dates": toml(incident={"service": "Acme API", "started_at": NEXT_YEAR}),
    "placeholder-sender": toml(sender={"from": "Your Name <you@example.org>"}),
    "leftover-placeholders": letter(LETTER + "\nDear [FIRSTNAME], we are sorry.\n"),
    "missing-value-words": rows([*people(), dict(people()[0], email="nan@acme-post.net", name="nan")]),
    "legal-forbidden": forbidden_word,
    "safety-language": unread_warning,
    "identical-letters": same_letters,
    "one-mailbox": one_mailbox,
    "one-name": rows(people(name="Acme Ltd")),
    "test-recipients-mixed": rows([*people(), *customers(3)]),
    "shrunken-plan": shrunken,
    "count-jump": checked_before(4000),
    "too-many-recipients": toml(limits={"max_recipients": 10}),
    "too-late": toml(top={"not_after": YESTERDAY}),
    "already-written": already_written,
    "same-file-sent": sent_elsewhere,
}


def test_every_guard_that_stops_a_sending_is_tried_here() -> None:
    elsewhere = {
        "letter-too-large",
        "wave-renamed",
        "safety-language",
        "ledger-lost",
        "ledger-copied",
        "ledger-set-back",
        "ledger-other-server",
        "suppressions-other",
    }
    assert set(GUARDS) - set(ACCIDENTS) - elsewhere == {"reply-nowhere", "empty-plan"}  # a warning; and nothing to send


@pytest.mark.parametrize("code", ACCIDENTS)
def test_an_accident_is_stopped_and_can_be_meant(tmp_path: Path, live: Relay, code: str) -> None:
    folder = campaign_folder(tmp_path / "trial", live.sink.url, people(), sender={"from": SENDER})
    ACCIDENTS[code](folder, live.sink.url)
    already = len(live.received)
    person = Person()
    with pytest.raises(ConfirmationError) as stopped:
        send(folder, person)
    assert len(live.received) == already
    assert person.asked == []
    if code != "too-late":
        check = person.checks[0]
        assert check is not None
        errors = [group for group in check.groups if group.severity is Severity.ERROR]
        assert [group.code for group in errors] == [code]
        assert f"mass-apology send --override {code}" in errors[0].examples[0].advice
    else:
        assert f"--override {code}" in stopped.value.next_step
    ended = send(folder, override=(code,))
    assert ended.sent == len(live.received) - already > 0


def test_each_customer_of_a_crowded_mailbox_is_a_letter_too_many(tmp_path: Path, live: Relay) -> None:
    rows = [dict(row, email="boss@acme-post.net", id=str(n)) for n, row in enumerate(people())]
    each = {"top": {"one_letter_per": "customer"}, "columns": {"key": "id"}, "sender": {"from": SENDER}}
    folder = campaign_folder(tmp_path / "trial", live.sink.url, rows, **each)
    person = Person()
    with pytest.raises(ConfirmationError):
        send(folder, person)
    assert person.checks[0] is not None
    errors = {group.code for group in person.checks[0].groups if group.severity is Severity.ERROR}
    assert errors == {"one-mailbox"}
    assert send(folder, override=("one-mailbox",)).sent == 40


def test_an_ordinary_campaign_meets_no_guard(tmp_path: Path, live: Relay) -> None:
    person = Person()
    folder = campaign_folder(tmp_path / "trial", live.sink.url, people(), sender={"from": SENDER})
    assert send(folder, person).sent == 40
    assert person.checks[0] is not None
    assert person.checks[0].groups == ()


def test_an_empty_plan_is_stopped(tmp_path: Path, live: Relay) -> None:
    folder = campaign_folder(tmp_path / "t", live.sink.url, people(), top={"where": "name == 'nobody'"})
    with pytest.raises(ConfirmationError):
        send(folder)


def test_a_guard_that_does_not_exist_cannot_be_overridden(tmp_path: Path, live: Relay) -> None:
    folder = campaign_folder(tmp_path / "trial", live.sink.url, people())
    with pytest.raises(ConfirmationError, match="no guard everything"):
        send(folder, override=("everything",))


def test_one_guard_overridden_leaves_the_others(tmp_path: Path, live: Relay) -> None:
    folder = campaign_folder(tmp_path / "trial", live.sink.url, people(name="nan"), sender={"from": SENDER})
    toml(limits={"max_recipients": 10})(folder, live.sink.url)
    with pytest.raises(ConfirmationError):
        send(folder, override=("too-many-recipients",))
    assert not live.received
