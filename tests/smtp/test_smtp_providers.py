"""What relays really say, provider by provider: none of their troubles with us may end a customer's delivery."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mass_apology.model import Outcome, Phase, Status
from mass_apology.smtp.replies import classify, parse_reply
from mass_apology.smtp.reply_verdicts import About, Kind, ReplyVerdict

FOLDER = Path(__file__).parent / "replies"
PHASES = {phase.name: phase for phase in (Phase.MAIL, Phase.RCPT, Phase.DATA, Phase.DOT)}

ABOUT_US = frozenset(
    {
        Kind.QUOTA,
        Kind.THROTTLE,
        Kind.CONCURRENCY,
        Kind.SESSION_CAP,
        Kind.CREDENTIALS,
        Kind.ACCOUNT,
        Kind.SENDER_AUTHENTICATION,
        Kind.REPUTATION,
        Kind.RELAY_REFUSAL,
        Kind.SERVER_STORAGE,
    }
)
"""What every letter would meet, whoever it is to."""


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / name).read_text(encoding="utf-8"))


def _judged(said: str, phase: Phase) -> ReplyVerdict:
    return classify(Outcome(phase=phase, reply=parse_reply([said.encode()]), dot_written=phase is Phase.DOT))


def _said() -> Iterator[tuple[str, Kind, Phase, str]]:
    """Provider, kind, phase and reply: for each text of the file one or two."""
    for provider, kinds in _read("providers.toml").items():
        for kind, texts in kinds.items():
            for text in texts:
                named, _, rest = text.partition(" ")
                phases, reply = ([PHASES[named]], rest) if named in PHASES else ([Phase.RCPT, Phase.DOT], text)
                for phase in phases:
                    yield provider, Kind(kind), phase, reply


SAID = list(_said())


def test_the_table_is_large_enough_to_mean_something() -> None:
    assert len({provider for provider, *_ in SAID}) >= 20
    assert len({reply for *_, reply in SAID}) >= 200


def test_each_text_is_what_its_provider_means() -> None:
    judged = {(provider, kind, phase, said): _judged(said, phase) for provider, kind, phase, said in SAID}
    assert {key: verdict for key, verdict in judged.items() if verdict.kind is not key[1]} == {}
    of_ours = {key: verdict for key, verdict in judged.items() if key[1] in ABOUT_US}
    assert {key: verdict for key, verdict in of_ours.items() if verdict.status is not Status.DEFERRED} == {}
    assert {key: verdict for key, verdict in of_ours.items() if verdict.about is About.RECIPIENT} == {}


def _judged_phrasings(subject: str) -> dict[tuple[str, Phase], ReplyVerdict]:
    phrasings = _read("phrasings.toml")[subject]
    assert len(phrasings) >= 100
    return {(said, phase): _judged(said, phase) for said in phrasings for phase in (Phase.RCPT, Phase.DOT)}


def test_what_is_about_us_in_other_words_ends_nobodys_delivery() -> None:
    judged = _judged_phrasings("about_us")
    assert {key: verdict for key, verdict in judged.items() if verdict.kind not in ABOUT_US} == {}
    assert {key: verdict for key, verdict in judged.items() if verdict.status is not Status.DEFERRED} == {}


def test_what_is_about_the_recipient_in_other_words_is_not_taken_for_ours() -> None:
    judged = _judged_phrasings("about_the_recipient")
    theirs = {About.RECIPIENT, About.DESTINATION}
    assert {key: verdict for key, verdict in judged.items() if verdict.kind in ABOUT_US} == {}
    assert {key: verdict for key, verdict in judged.items() if verdict.about not in theirs} == {}


@pytest.mark.parametrize(
    "text", ["limit " * 500, "your " * 500, "a" * 5000, "quota reached " * 300, "x@" * 2000, "<" * 3000]
)
def test_a_text_that_is_made_to_take_long_is_read_at_once(text: str) -> None:
    """No assertion but that it ends: the patterns backtrack over a bounded stretch only."""
    _judged(f"550 5.7.1 {text}", Phase.RCPT)
