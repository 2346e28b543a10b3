"""A whole campaign through smtp-sink, from the CSV to the last durable mark, beside smtp-source and mailmerge."""

from __future__ import annotations

from pathlib import Path

from bench import reference
from bench.campaigns import Relay, make_campaign
from bench.product import send_all
from bench.relays import mean_size, recorder, smtp_sink
from bench.result import Bar, Options, Result, listed, median
from bench.workplace import scratch

LETTERS = 100_000
MAILMERGE_LETTERS = 1_500  # it takes milliseconds for each
SAMPLE = 600  # letters whose size is measured
REPETITIONS = 3
CONNECTIONS = 100  # the ledger commits in groups: more letters at a time make larger ones


def measure(options: Options) -> Result:
    """Rates of the whole and of the sending part, as shares of the two references, from interleaved repetitions."""
    letters, few = options.letters(LETTERS), options.letters(MAILMERGE_LETTERS)
    whole: list[float] = []
    sending: list[float] = []
    source: list[float] = []
    mailmerge: list[float] = []
    with scratch("end-to-end") as folder, smtp_sink() as port:
        size = letter_size(folder)
        for number in range(REPETITIONS):
            source.append(reference.smtp_source(port, letters, size))
            run = send_all(
                make_campaign(folder / str(number), letters, Relay(port=port, connections=CONNECTIONS)), letters
            )
            whole.append(letters / run.seconds)
            sending.append(run.printed_rate)
            mailmerge.append(reference.mailmerge(port, few, size, folder))
    c_rate, python_rate = median(source), median(mailmerge)
    return Result(
        bars=(
            Bar(name="end to end, plan included, of smtp-source", figure=median(whole) / c_rate, limit=0.7),
            Bar(name="end to end, sending part, of smtp-source", figure=median(sending) / c_rate, limit=0.7),
            Bar(name="end to end, plan included, times mailmerge 2.3", figure=median(whole) / python_rate, limit=40),
            Bar(name="end to end, sending part, times mailmerge 2.3", figure=median(sending) / python_rate, limit=40),
        ),
        notes=(
            f"{letters} letters, {size} octets on average, {CONNECTIONS} connections",
            f"plan included: {listed(whole, 'letters a second')}",
            f"sending part:  {listed(sending, 'letters a second')}",
            f"smtp-source:   {listed(source, 'messages a second')}, one canned message of {size} octets",
            f"mailmerge:     {listed(mailmerge, 'messages a second')}, over {few} messages",
        ),
    )


def letter_size(folder: Path) -> int:
    """Octets of a letter, on average over the languages; each letter of the sample arrives once."""
    with recorder(folder / "sample.jsonl") as sink:
        send_all(make_campaign(folder / "sample", SAMPLE, Relay(port=sink.port, connections=2)), SAMPLE)
        return mean_size(sink.stop())
