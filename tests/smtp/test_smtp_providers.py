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


@pytest.mark.parametrize(("provider", "kind", "phase", "said"), SAID, ids=[f"{p}-{f}-{s}" for p, _, f, s in SAID])
def test_each_text_is_what_its_provider_means(provider: str, kind: Kind, phase: Phase, said: str) -> None:
    verdict = _judged(said, phase)
    assert verdict.kind is kind, provider
    if kind in ABOUT_US:
        assert verdict.status is Status.DEFERRED
        assert verdict.about is not About.RECIPIENT


PHRASINGS = _read("phrasings.toml")


@pytest.mark.parametrize("phase", [Phase.RCPT, Phase.DOT])
@pytest.mark.parametrize("said", PHRASINGS["about_us"])
def test_what_is_about_us_in_other_words_ends_nobodys_delivery(said: str, phase: Phase) -> None:
    verdict = _judged(said, phase)
    assert verdict.kind in ABOUT_US
    assert verdict.status is Status.DEFERRED


@pytest.mark.parametrize("phase", [Phase.RCPT, Phase.DOT])
@pytest.mark.parametrize("said", PHRASINGS["about_the_recipient"])
def test_what_is_about_the_recipient_in_other_words_is_not_taken_for_ours(said: str, phase: Phase) -> None:
    verdict = _judged(said, phase)
    assert verdict.kind not in ABOUT_US
    assert verdict.about in {About.RECIPIENT, About.DESTINATION}


@pytest.mark.parametrize(
    "text", ["limit " * 500, "your " * 500, "a" * 5000, "quota reached " * 300, "x@" * 2000, "<" * 3000]
)
def test_a_text_that_is_made_to_take_long_is_read_at_once(text: str) -> None:
    """No assertion but that it ends: the patterns backtrack over a bounded stretch only."""
    _judged(f"550 5.7.1 {text}", Phase.RCPT)
