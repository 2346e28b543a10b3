"""SpamAssassin's judgement of messages: its local rules as Debian ships them, without the network and without Bayes."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec import Struct

SHIPPED_RULES = Path("/usr/share/spamassassin")
"""What the package brings; rules that ``sa-update`` has fetched lie elsewhere and differ from day to day."""

# One hop, from our relay to the customer's exchanger. SpamAssassin gives 1.3 points to the IPv4 addresses that
# are reserved for documentation, and none to those of IPv6.
_RECEIVED = (
    "Return-Path: <anna@acme.example>\n"
    "Received: from mail.acme.example (mail.acme.example [IPv6:2001:db8::25])\n"
    " by mx.customer.example (Postfix) with ESMTPS id 4T2XkZ1M8nz9v\n"
    " for <mary@customer.example>; {date}\n"
)
_OPTIONS = (
    "--local",
    "--nocreate-prefs",
    f"--configpath={SHIPPED_RULES}",
    "--cf=report_safe 0",
    "--cf=fold_headers 0",
    "--cf=clear_headers",
    "--cf=add_header all Judged _SCORE_ _TESTSSCORES_",
    "--cf=use_bayes 0",
)
_SEPARATOR = "From mail.acme.example Sat Nov 21 00:00:00 2026\n"  # mbox
_JUDGED = re.compile(r"^X-Spam-Judged: (\S+) (.*)$", re.M)
_LETTER = re.compile(r"^Message-ID: <(.*)@", re.M)


class SpamVerdict(Struct, frozen=True, kw_only=True):
    """What the rules say about one message."""

    letter: str
    score: float  # SpamAssassin rounds it to a tenth
    rules: Mapping[str, float]  # those that score at least a tenth of a point either way


def judged_as_spam(messages: Sequence[bytes], *, date: str, spamassassin: str, folder: Path) -> tuple[SpamVerdict, ...]:
    """A verdict on each message, whose Message-ID's first part names the letter; ``date`` is that of their arrival.

    ``folder`` takes the messages, and is the home folder of the program. Raises ``CalledProcessError`` where it fails.
    """
    received = _SEPARATOR + _RECEIVED.format(date=date)
    box = folder / "messages.mbox"
    box.write_bytes(b"".join(received.encode() + each.replace(b"\r\n", b"\n") + b"\n" for each in messages))
    command = [spamassassin, *_OPTIONS, "--mbox", str(box)]
    environment = {"PATH": os.environ.get("PATH", ""), "HOME": str(folder)}
    done = subprocess.run(command, env=environment, check=True, capture_output=True)
    output = done.stdout.decode("utf-8", "replace")
    return tuple(_verdict(each) for each in output.split(_SEPARATOR)[1:])


def version(spamassassin: str) -> str:
    """``"SpamAssassin version 4.0.1"``: the rules have no number of their own before an update."""
    done = subprocess.run([spamassassin, "--version"], check=True, capture_output=True, text=True)
    return done.stdout.splitlines()[0]


def _verdict(message: str) -> SpamVerdict:
    letter, judged = _LETTER.search(message), _JUDGED.search(message)
    if letter is None or judged is None:
        raise ValueError(f"SpamAssassin gave back no judged letter but: {message[:200]!r}")
    rules = (rule.partition("=") for rule in judged[2].strip(",").split(",") if "=" in rule)
    scores = {name: float(points) for name, _, points in rules}
    return SpamVerdict(
        letter=letter[1],
        score=float(judged[1]),
        rules={name: points for name, points in scores.items() if abs(points) >= 0.1},
    )
