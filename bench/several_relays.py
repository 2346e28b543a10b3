"""One of two relays dies for a minute; one of ten destinations takes a letter a second. Who waits, and who loses?"""

from __future__ import annotations

import json
import re
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import pairwise
from pathlib import Path

import msgspec

from bench.campaigns import Relay, make_campaign
from bench.product import command, run
from bench.recorder import Arrival
from bench.relays import Recorder
from bench.result import Bar, Options, Result, TrialError
from bench.troubled_relay import Offer, Trouble
from bench.workplace import HOST, end, environment, python, running, scratch

AWAY_LETTERS = 12_000
AWAY_SECONDS = 60.0
AWAY_RATE = 100  # letters a second of each relay
CONNECTIONS = 10
BUSY_LETTERS = 12_000
BUSY_DOMAIN = "slow.example"
NINE = 0.9  # of the letters are to other destinations
_HEAD = re.compile(r'url = "[^"]*"\nrate = "[^"]*"\nconnections = [0-9]+\n')


def measure(options: Options) -> Result:
    """Both troubles."""
    away, busy = _away(options), _busy(options)
    return Result(bars=(*away.bars, *busy.bars), notes=(*away.notes, *busy.notes))


# A relay that dies


def _away(options: Options) -> Result:
    letters = options.letters(AWAY_LETTERS)
    seconds = AWAY_SECONDS * min(1.0, options.scale)
    with ExitStack() as opened:
        folder = opened.enter_context(scratch("relay-away"))
        trouble = Trouble(letters=letters // 6, seconds=seconds)
        a = opened.enter_context(troubled(folder / "a.jsonl", trouble))
        b = opened.enter_context(troubled(folder / "b.jsonl", Trouble()))
        campaign = make_campaign(folder / "campaign", letters, Relay(port=a.port, connections=CONNECTIONS))
        _with_relays(campaign, [_relay(name, each.port) for name, each in (("a", a), ("b", b))])
        ended = run("send", campaign, "--confirm", str(letters))
        counts: dict[str, int] = json.loads(run("status", campaign, "--json").expect().output)["counts"]
        arrived = {"a": a.stop(), "b": b.stop()}
        offered = _offers(folder / "a.jsonl")
    all_arrivals = [*arrived["a"], *arrived["b"]]
    twice = sum(count > 1 for count in Counter(each.message_id for each in all_arrivals).values())
    at = {each.recipients[0]: each.at for each in all_arrivals}
    first: dict[str, float] = {}
    for offer in offered:
        first.setdefault(offer.recipient, offer.at)
    waits = sorted(at[recipient] - moment for recipient, moment in first.items() if recipient in at)
    gaps = _gaps(all_arrivals)
    doubts = counts.get("IN_DOUBT", 0)
    return Result(
        bars=(
            Bar(
                name=f"relay A away {seconds:.0f} s: the longest wait",
                figure=waits[-1],
                limit=5.0,
                unit="s",
                at_most=True,
            ),
            Bar(name="relay A away: letters twice", figure=twice, limit=0, unit="", at_most=True),
            Bar(
                name="relay A away: in doubt beyond its connections",
                figure=max(0, doubts - CONNECTIONS),
                limit=0,
                unit="",
                at_most=True,
            ),
            Bar(
                name="relay A away: letters that went through nobody",
                figure=max(0, letters - len(at) - doubts),
                limit=0,
                unit="",
                at_most=True,
            ),
        ),
        notes=(
            f"{letters} letters, {AWAY_RATE}/s through each of two relays; A took {len(arrived['a'])}, B "
            f"{len(arrived['b'])}; {doubts} in doubt, exit code {ended.code}",
            f"from the first offer at A to its arrival anywhere: {len(waits)} letters, half within "
            f"{waits[len(waits) // 2]:.3f} s; the longest pause at both relays together {gaps:.2f} s",
        ),
    )


def _relay(name: str, port: int) -> str:
    return (
        f'\n[[relay]]\nname = "{name}"\nurl = "smtp+plain://{HOST}:{port}"\nrate = "{AWAY_RATE}/s"\n'
        f"connections = {CONNECTIONS}\n"
    )


def _with_relays(campaign: Path, relays: Sequence[str]) -> None:
    file = campaign / "campaign.toml"
    text = _HEAD.sub("", file.read_text(encoding="utf-8")).replace("[relay]\n", "")
    file.write_text(text + "".join(relays), encoding="utf-8")


def _gaps(arrivals: Sequence[Arrival]) -> float:
    moments = sorted(each.at for each in arrivals)
    return max(later - earlier for earlier, later in pairwise(moments))


# A destination that throttles


def _busy(options: Options) -> Result:
    letters = options.letters(BUSY_LETTERS)
    others = round(letters * NINE)
    with scratch("busy-destination") as folder:
        free = _seconds_of_the_others(folder / "free", letters, others, Trouble())
        busy = _seconds_of_the_others(folder / "busy", letters, others, Trouble(busy=BUSY_DOMAIN, rate=1.0))
        again = _seconds_of_the_others(folder / "again", letters, others, Trouble())
    best = min(free, again)
    return Result(
        bars=(Bar(name="one of ten destinations at 1/s: the nine's speed", figure=best / busy, limit=0.95),),
        notes=(
            f"{others} letters to nine destinations, {letters - others} to the tenth, without a rate, {CONNECTIONS} "
            f"connections: the nine take {busy:.2f} s, and {free:.2f} s and {again:.2f} s without the trouble",
        ),
    )


def _seconds_of_the_others(folder: Path, letters: int, others: int, trouble: Trouble) -> float:
    """From the first of the others' letters to the last of them."""
    folder.mkdir()
    with troubled(folder / "record.jsonl", trouble) as sink:
        campaign = make_campaign(folder / "campaign", letters, Relay(port=sink.port, connections=CONNECTIONS))
        rows = (campaign / "affected.csv").read_text(encoding="utf-8")
        (campaign / "affected.csv").write_text(
            re.sub(r"@mail([0-9]*)\.example\.com", _destination, rows), encoding="utf-8"
        )
        with _sending(campaign, letters) as process:
            moments: list[float] = []
            while len(moments) < others:
                if process.poll() is not None and len(moments := _others(sink.record)) < others:
                    raise TrialError(f"send ended with {len(moments)} of {others} letters: {process.returncode}.")
                time.sleep(0.5)
                moments = _others(sink.record)
        return max(moments) - min(moments)


def _destination(found: re.Match[str]) -> str:
    number = int(found[1]) % 10
    return f"@{BUSY_DOMAIN}" if number == 3 else f"@d{number}.example"  # one in ten, spread evenly


def _others(record: Path) -> list[float]:
    decoder = msgspec.json.Decoder(Arrival)
    lines = record.read_bytes().rpartition(b"\n")[0].splitlines()
    found = map(decoder.decode, lines)
    return [each.at for each in found if not each.recipients[0].endswith(f"@{BUSY_DOMAIN}")]


# Processes


@contextmanager
def _sending(campaign: Path, letters: int) -> Iterator[subprocess.Popen[bytes]]:
    """``send`` while it runs; then it is asked to stop, as by Ctrl-C."""
    with (campaign / "said.txt").open("wb") as said:
        process = subprocess.Popen(
            command("send", campaign, "--confirm", str(letters)),
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            env={**environment(), "MASS_APOLOGY_STATE": str(campaign / "state")},
            start_new_session=True,
        )
        try:
            yield process
            process.send_signal(signal.SIGINT)
            process.wait(60)
        finally:
            end(process)


@contextmanager
def troubled(record: Path, trouble: Trouble) -> Iterator[Recorder]:
    """A recording sink with a trouble."""
    call = python("-m", "bench.troubled_relay", str(record), msgspec.json.encode(trouble).decode())
    with running(call, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None  # it was started with a pipe; this tells mypy
        line = process.stdout.readline()
        if not line:
            raise TrialError("The troubled sink does not start; see what it said above.")
        yield Recorder(process, int(line), record)


def _offers(record: Path) -> list[Offer]:
    decoder = msgspec.json.Decoder(Offer)
    return [decoder.decode(line) for line in Path(f"{record}.offered").read_bytes().splitlines()]
