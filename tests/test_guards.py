"""Accidents that happen to mass mailings, each of a well-known kind, and the guard that stops it here."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mass_apology.campaign import read_campaign
from mass_apology.guards import GUARDS, AudienceStats, accidents, apply_overrides, override
from mass_apology.guards.domains import internal_hosts, is_reserved, is_throwaway
from mass_apology.guards.facts import Audience, Commonest, EarlierUse, Facts, TemplateText
from mass_apology.letter.inspecting.leftovers import Kind
from mass_apology.letter.scenario import load_scenario
from mass_apology.letter.template_files import shipped_templates
from mass_apology.model import Delivery, Finding, Severity
from mass_apology.settings import Campaign

ROOT = Path(__file__).parent.parent
NOW = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)
OUTAGE = load_scenario("service-outage", [shipped_templates()])
EXAMPLES = {name: fact.example for name, fact in OUTAGE.facts.items()}
LETTER = """\
Subject: {{ incident.service }}: what happened on {{ incident.started_at | day }}

{{ salutation }}

Your account was down for {{ customer.minutes_down | duration }}. See https://status.acme.com/now.
"""
INCIDENT = {
    "service": "Parcels",
    "started_at": NOW - timedelta(hours=20),
    "ended_at": NOW - timedelta(hours=17),
    "contact": "help@acme.com",
    "en": {"harm": "Your parcels were late.", "signed_as": "Head of Operations"},
}


def campaign(**changes: Any) -> Campaign:
    whole: dict[str, Any] = {
        "name": "parcels",
        "template": "service-outage",
        "recipients": "affected.csv",
        "incident": INCIDENT,
        "sender": {"from": "Anna Kowalska <anna@acme.com>"},
        "relay": {"url": "smtp+plain://127.0.0.1:25"},
    }
    return msgspec.convert(whole | changes, Campaign)


def facts(
    *, letter: str = LETTER, now: datetime = NOW, settings: dict[str, Any] | None = None, **changes: Any
) -> Facts:
    """A plan with which nothing is wrong, but for the changes."""
    whole: dict[str, Any] = {
        "now": now.timestamp(),
        "campaign": campaign(**(settings or {})),
        "columns": ("email", "name", "minutes_down"),
        "rows_read": 1000,
        "rows_chosen": 1000,
        "letters": 1000,
        "audience": Audience(letters=1000, address=Commonest(value="a@b.com", letters=1)),
        "templates": (TemplateText(file="templates/service-outage/en.md", text=letter),),
        "examples": EXAMPLES,
        "distinct_texts": 2,
    }
    return Facts(**(whole | changes))


def found(given: Facts) -> list[str]:
    """The codes of the accidents, each of which stops the sending, says where, and how to override it."""
    findings = accidents(given)
    for each in findings:
        assert each.severity is (Severity.WARNING if each.code == "reply-nowhere" else Severity.ERROR)
        assert each.line is None
        assert each.problem.endswith(".")
        assert (override(each.code) in each.advice) is (each.severity is Severity.ERROR)
    return [each.code for each in findings]


def audience(*addresses: str, times: int = 1, names: Sequence[str] = ("",)) -> Audience:
    census = AudienceStats()
    for _ in range(times):
        census.add([delivery(address, name) for address in addresses for name in names])
    return census.audience()


def delivery(address: str, name: str = "") -> Delivery:
    return Delivery(
        id=1,
        address=address,
        name=name,
        language="en",
        time_zone="",
        lines="[2]",
        rows="[{}]",
        message_id="<1@acme.com>",
    )


def test_a_good_plan_has_no_accident() -> None:
    assert found(facts()) == []


@pytest.mark.parametrize(
    "letter",
    [
        LETTER.replace("Subject:", "Draft: yes\nSubject:"),
        LETTER.replace("Subject:", "Status: draft\nSubject:"),
        LETTER.replace("Subject: ", "Subject: Draft - "),
        LETTER.replace("Subject: ", "Subject: DRAFT "),
        LETTER.replace("Subject: ", "Subject: [Draft] "),
        LETTER.replace("Your account", "WERSJA ROBOCZA. Your account"),
        LETTER.replace("Your account", "ЧЕРНОВИК\nYour account"),
        LETTER.replace("Your account", "{# TODO: ask the lawyers #} Your account"),
        LETTER.replace("Your account", "Lorem ipsum dolor sit amet. Your account"),
        LETTER.replace("Your account", "We owe you XXX euros. Your account"),
        LETTER + "\nWe shall write again on TBD.\n",
        LETTER + "\ntest test\n",
        LETTER + "\nasdfasdf\n",
    ],
)
def test_the_test_notification_that_everybody_got(letter: str) -> None:
    """A provider's trial message, still full of test words, went to all of its subscribers."""
    assert found(facts(letter=letter)) == ["template-draft"]


@pytest.mark.parametrize(
    "sentence",
    [
        "Your bank draft was cashed twice, and we are drafting a report.",
        "The methodology, and todo el mundo, is tested; a test tested it.",
        "Size XXL; XX century; the fixmebot; Todoist.",
        "Status: draft orders were deleted.",
    ],
)
def test_ordinary_words_are_no_draft(sentence: str) -> None:
    assert found(facts(letter=LETTER + "\n" + sentence + "\n")) == []


@pytest.mark.parametrize("fact", ["@Anna please check this.", "bla bla bla", "MUSTAND: Vahetasime selle.", "ΠΡΟΣΧΕΔΙΟ"])
def test_a_fact_for_a_colleague_is_no_fact_yet(fact: str) -> None:
    told = facts(settings={"incident": INCIDENT | {"en": {"credit": fact}}})
    assert found(told) == ["template-draft"]


def test_the_letter_with_the_remedy_still_to_be_defined() -> None:
    """A finished template was filled with facts that somebody had meant to complete later."""
    incident = INCIDENT | {"en": {"credit": "We shall pay you TBD euros."}}
    (finding,) = accidents(facts(settings={"incident": incident}))
    assert finding.code == "template-draft"
    assert finding.where == "campaign.toml, [incident.en] credit"


def test_the_links_to_the_staging_system() -> None:
    """A mailing was written against the staging system, and its links led customers there."""
    for url in (
        "http://localhost:8000/x",
        "https://staging.acme.com",
        "https://shop-staging.acme.com",
        "http://10.1.2.3/",
    ):
        assert found(facts(letter=f"{LETTER}\n[Here]({url})\n")) == ["internal-links"]
        assert found(facts(settings={"incident": INCIDENT | {"status_url": url}})) == ["internal-links"]


def test_hosts_that_customers_reach_are_not_internal() -> None:
    text = "https://acme.com/staging http://8.8.8.8/ https://local.acme.com https://user@acme.com (https://[2606:4700::1111]/)"
    assert internal_hosts(text) == []
    assert internal_hosts("http://[::1]:80/a https://db.internal/ http://127.0.0.1") == [
        "[::1]",
        "db.internal",
        "127.0.0.1",
    ]


def test_the_test_rows_that_stayed_in_the_customer_file() -> None:
    """A list that had served for trials was sent to, with the colleagues' and the real addresses in it."""
    mixed = audience(*(f"c{each}@shop.pl" for each in range(50)), "test@example.com", "me@mail.example.org")
    finding = accidents(facts(audience=mixed))[0]
    assert finding.code == "test-recipients-mixed"
    assert "2 letters go to test addresses (example.com, mail.example.org), 50 do not" in finding.problem
    assert found(facts(audience=audience("a@shop.pl", "b@mailinator.com"))) == ["test-recipients-mixed"]


def test_a_trial_with_test_addresses_only_is_fine() -> None:
    trial = audience("a@example.com", "b@x.example", "c@yopmail.com")
    settings = {"sender": {"from": "Your Name <you@example.org>"}, "incident": examples_as_facts()}
    assert found(facts(audience=trial, settings=settings)) == []


def test_one_throwaway_mailbox_among_thousands_is_a_customer() -> None:
    assert found(facts(audience=Audience(letters=5000, throwaway=4))) == []
    assert found(facts(audience=Audience(letters=5000, reserved=1))) == ["test-recipients-mixed"]


def test_domains_that_look_like_test_domains() -> None:
    for domain in ("example.com", "a.example.net", "x.test", "acme.example", "sub.acme.invalid", "localhost"):
        assert is_reserved(domain)
    for domain in ("myexample.com", "example.com.pl", "example.co", "test.com", "testexample.org", "contest.pl"):
        assert not is_reserved(domain)
        assert not is_throwaway(domain)


@pytest.mark.parametrize(("before", "now"), [(100, 201), (1000, 499), (100, 0), (0, 50), (40_000, 4_000_000)])
def test_the_school_closing_that_went_to_the_whole_town(before: int, now: int) -> None:
    """Between the check and the sending, the list for a few was replaced by the list of all."""
    assert found(facts(letters=now, letters_at_last_check=before)) == ["count-jump"]


@pytest.mark.parametrize(("before", "now"), [(None, 10**6), (100, 200), (1000, 500), (1, 50), (49, 0), (70, 30)])
def test_a_list_may_grow(before: int | None, now: int) -> None:
    assert found(facts(letters=now, letters_at_last_check=before)) == []


def test_the_acceptance_letters_to_everyone_who_applied() -> None:
    """A university's letter to those who were admitted went to all applicants."""
    assert found(facts(settings={"limits": {"max_recipients": 999}})) == ["too-many-recipients"]
    assert found(facts(settings={"limits": {"max_recipients": 1000}})) == []


def test_the_warning_that_went_out_when_all_was_over() -> None:
    """A scheduled message was sent by a machine that woke up days later."""
    assert found(facts(settings={"not_after": NOW - timedelta(seconds=1)})) == ["too-late"]
    assert found(facts(settings={"not_after": NOW})) == []


def test_the_apology_that_came_twice() -> None:
    """Two colleagues sent the same list from two copies of the campaign."""
    use = EarlierUse(campaign="parcels", folder="/srv/copy", at=NOW.timestamp() - 24 * 3600, letters=990)
    (finding,) = accidents(facts(earlier_uses=(use,)))
    assert finding.code == "same-file-sent"
    assert all(words in finding.problem for words in ("2026-11-20 08:30 UTC", "parcels", "/srv/copy", "990"))
    assert found(facts(earlier_uses=(msgspec.structs.replace(use, at=use.at - 1),))) == []


def test_the_personal_letter_that_was_the_same_for_all() -> None:
    """A join of two tables failed, and every customer read the first customer's figures."""
    (finding,) = accidents(facts(distinct_texts=1))
    assert finding.code == "identical-letters"
    assert "name, minutes_down" in finding.problem
    assert found(facts(distinct_texts=3, languages=3)) == ["identical-letters"]


@pytest.mark.parametrize(
    "changes",
    [
        {"distinct_texts": 4, "languages": 3},
        {"distinct_texts": 1, "letters": 19},
        {"distinct_texts": 1, "columns": ("email", "plan")},
        {"distinct_texts": 1, "letter": "Subject: Sorry\n\nminutes_down and name: {{ incident.name }}\n"},
        {"distinct_texts": None},
    ],
)
def test_letters_that_may_be_the_same(changes: dict[str, Any]) -> None:
    assert found(facts(**changes)) == []


@pytest.mark.parametrize(
    "used", ['{{ row["order id"] }}', "{{ customer['order id'] }}", '{{ rows | map(attribute="order id") }}']
)
def test_columns_are_recognised_however_they_are_written(used: str) -> None:
    changed = facts(letter=f"Subject: Sorry\n\n{used}\n", columns=("email", "order id"), distinct_texts=1)
    assert found(changed) == ["identical-letters"]


@pytest.mark.parametrize(
    "sender", ["Your Name <you@example.org>", "Your Name <anna@acme.com>", "Anna <anna@acme.example>"]
)
def test_the_letter_from_your_name(sender: str) -> None:
    """Customers got mail from "Your Company Name", as the tool's first page had it."""
    assert found(facts(settings={"sender": {"from": sender}})) == ["placeholder-sender"]


def examples_as_facts() -> dict[str, Any]:
    plain = {name: value for name, value in EXAMPLES.items() if not isinstance(value, dict)}
    tables = {name: value["en"] for name, value in EXAMPLES.items() if isinstance(value, dict)}
    return plain | {"en": tables}


def test_the_sample_text_that_went_to_print() -> None:
    """The text that showed an editor how to write stood in the published page."""
    (finding,) = accidents(facts(settings={"incident": examples_as_facts()}))
    assert finding.code == "example-facts"
    assert "contact, en.analysis, en.credit, en.harm" in finding.problem
    sentence = INCIDENT | {"en": {"harm": EXAMPLES["harm"]["en"]}}
    assert found(facts(settings={"incident": sentence})) == ["example-facts"]
    assert found(facts(settings={"incident": INCIDENT | {"contact": "me@corp.example"}})) == ["example-facts"]


def test_the_missile_alert_that_was_a_drill() -> None:
    """An exercise's alert went out as a real one: of an event that had not happened."""
    ahead = INCIDENT | {"started_at": NOW + timedelta(days=2), "ended_at": NOW + timedelta(days=2, hours=1)}
    assert found(facts(settings={"incident": ahead})) == ["impossible-dates"] * 2
    soon = INCIDENT | {"ended_at": NOW + timedelta(hours=23), "next_update_at": NOW + timedelta(days=9)}
    promised = {"expected_at": NOW + timedelta(days=9), "rescheduled_on": NOW + timedelta(days=9)}
    assert found(facts(settings={"incident": soon | promised})) == []


def test_the_outage_that_ended_before_it_began() -> None:
    """A month was mistyped, and the report told of an outage of minus thirty days."""
    (finding,) = accidents(facts(settings={"incident": INCIDENT | {"ended_at": NOW - timedelta(days=30)}}))
    assert finding.code == "impossible-dates"
    assert finding.where == "campaign.toml, [incident] ended_at"
    assert "started_at, 2026-11-20" in finding.problem
    pair = {"down_from": NOW, "down_until": NOW - timedelta(hours=1)}
    assert found(facts(settings={"incident": pair})) == ["impossible-dates"]


def test_the_flood_of_letters_to_the_account_manager() -> None:
    """The column with the account manager's address was taken for the customers'."""
    flood = audience("manager@acme.com", *(f"c{each}@shop.pl" for each in range(2)), times=20)
    assert found(facts(audience=flood)) == []  # a third of all
    flood = audience("manager@acme.com", "c@shop.pl", times=20)
    assert found(facts(audience=flood)) == ["one-mailbox"]
    assert found(facts(audience=audience("manager@acme.com", times=19))) == []


def test_the_letter_that_called_everybody_by_one_name() -> None:
    """A mail merge kept the first row's name for every letter."""
    many = [f"c{each}@shop.pl" for each in range(30)]
    assert found(facts(audience=audience(*many, names=("Bob",)))) == ["one-name"]
    assert found(facts(audience=audience(*many))) == []  # no names at all


def test_the_recall_that_reached_nobody() -> None:
    """An expression excluded everybody, and the empty mailing was reported as a success."""
    assert found(facts(rows_chosen=0, letters=0, audience=Audience())) == ["empty-plan"]
    assert found(facts(rows_read=0, rows_chosen=0, letters=0, audience=Audience())) == ["empty-plan"]


def test_the_recall_that_reached_one_in_a_thousand() -> None:
    """A comparison with the wrong spelling chose a handful of the customers who were affected."""
    assert found(facts(rows_read=100_000, rows_chosen=999, settings={"where": "plan == 'Pro'"})) == ["shrunken-plan"]
    assert found(facts(rows_read=100_000, rows_chosen=1000)) == []
    assert found(facts(rows_read=100, rows_chosen=1)) == []
    assert found(facts(rows_read=101, rows_chosen=1)) == ["shrunken-plan"]


@pytest.mark.parametrize(
    "address", ["noreply@acme.com", "no-reply@acme.com", "Do_Not_Reply@acme.com", "no.reply+x@acme.com"]
)
def test_the_apology_that_nobody_could_answer(address: str) -> None:
    """A company said sorry from an address that answers with "do not reply"."""
    assert found(facts(settings={"sender": {"from": f"Acme <{address}>"}})) == ["reply-nowhere"]
    assert found(facts(settings={"sender": {"from": "Anna <a@acme.com>", "reply_to": address}})) == ["reply-nowhere"]
    assert found(facts(settings={"sender": {"from": address, "reply_to": "help@acme.com"}})) == []


def test_an_overridden_guard_only_warns() -> None:
    changed = facts(letters=10**6, settings={"limits": {"max_recipients": 5}, "not_after": NOW - timedelta(days=1)})
    assert {each.code: each.severity for each in accidents(changed, overridden=["too-late"])} == {
        "too-many-recipients": Severity.ERROR,
        "too-late": Severity.WARNING,
    }


def test_findings_about_letters_are_overridden_in_the_same_way() -> None:
    row = Finding(code="missing-value-words", severity=Severity.ERROR, where="x", problem="P.", advice="Do.", line=7)
    other = msgspec.structs.replace(row, code="address-invalid")
    stopped, kept = apply_overrides([row, other])
    assert stopped.advice == "Do. If it is meant: mass-apology send --override missing-value-words"
    assert (stopped.line, stopped.severity) == (7, Severity.ERROR)
    warned, kept_too = apply_overrides([row, other], {"missing-value-words", "address-invalid"})
    assert warned.severity is Severity.WARNING
    assert kept == kept_too == other


def test_the_shipped_sample_is_no_accident() -> None:
    sample = read_campaign(ROOT / "samples/service-outage")
    templates = tuple(
        TemplateText(file=str(path), text=path.read_text(encoding="utf-8"))
        for path in shipped_templates().glob("*/*.md")
    )
    at = datetime(2026, 11, 20, 15, tzinfo=UTC)
    trial = audience("a@example.com", "b@example.net", "c@example.org")
    assert len(templates) >= 6
    assert found(msgspec.structs.replace(facts(now=at, audience=trial), campaign=sample, templates=templates)) == []
    real = msgspec.structs.replace(facts(now=at), campaign=sample, templates=templates)
    assert {*found(real)} == {"example-facts", "placeholder-sender"}


def test_every_guard_is_documented() -> None:
    page = (ROOT / "docs/guards.md").read_text(encoding="utf-8")
    assert {*GUARDS} >= {*Kind}
    for code, sentence in GUARDS.items():
        assert f"| `{code}` | {sentence} |" in page


@given(st.lists(st.sampled_from("abcdefgh"), max_size=60), st.integers(20, 400))
def test_what_half_the_letters_share_is_found_among_many_others(few: list[str], times: int) -> None:
    others = [f"c{each}@shop.pl" for each in range(times)]
    letters = [delivery(address) for address in [*others, *few, *["manager@acme.com"] * (times + len(few))]]
    random.Random(times).shuffle(letters)
    census = AudienceStats()
    census.add(letters)
    most = census.audience().address
    assert most.value == "manager@acme.com"
    assert (times + len(few)) * 0.98 <= most.letters <= times + len(few)
