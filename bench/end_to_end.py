"""A whole campaign through smtp-sink, from the CSV to the last durable mark, beside smtp-source and other mailers."""

from __future__ import annotations

from pathlib import Path

from bench import reference
from bench.campaigns import Relay, make_campaign
from bench.product import run as run_product
from bench.product import send_all
from bench.relays import mean_size, recorder, smtp_sink
from bench.result import Bar, Options, Result, listed, median
from bench.workplace import scratch

LETTERS = 100_000
MAILMERGE_LETTERS = 1_500  # it takes milliseconds for each
NODEMAILER_LETTERS = 10_000
SAMPLE = 600  # letters whose size is measured
REPETITIONS = 3
CONNECTIONS = 100  # the ledger commits in groups: more letters at a time make larger ones


def measure(options: Options) -> Result:
    """Rates of the whole, of the sending part, and of ``send`` after a ``check`` that nothing changed since.

    They are shares of the references, from interleaved repetitions.
    """
    letters, few = options.letters(LETTERS), options.letters(MAILMERGE_LETTERS)
    some = options.letters(NODEMAILER_LETTERS)
    whole: list[float] = []
    sending: list[float] = []
    source: list[float] = []
    checked: list[float] = []
    mailmerge: list[float] = []
    nodemailer: list[float] = []
    with scratch("end-to-end") as folder, smtp_sink() as port:
        size = letter_size(folder)
        for number in range(REPETITIONS):
            source.append(reference.smtp_source(port, letters, size))
            run = send_all(
                make_campaign(folder / str(number), letters, Relay(port=port, connections=CONNECTIONS)), letters
            )
            whole.append(letters / run.seconds)
            sending.append(run.printed_rate)
            again = make_campaign(folder / f"{number}-checked", letters, Relay(port=port, connections=CONNECTIONS))
            run_product("check", again, "--offline").expect()
            checked.append(letters / send_all(again, letters).seconds)
            mailmerge.append(reference.mailmerge(port, few, size, folder))
            nodemailer.append(reference.nodemailer(port, some, size, folder))
    c_rate, python_rate, node_rate = median(source), median(mailmerge), median(nodemailer)
    return Result(
        bars=(
            Bar(name="end to end, plan included, of smtp-source", figure=median(whole) / c_rate, limit=0.6),
            Bar(name="end to end, sending part, of smtp-source", figure=median(sending) / c_rate, limit=0.8),
            Bar(
                name="end to end, after an unchanged check, of smtp-source", figure=median(checked) / c_rate, limit=0.75
            ),
            Bar(name="end to end, sending part, times mailmerge 2.3", figure=median(sending) / python_rate, limit=50),
            Bar(name="end to end, sending part, times nodemailer's pool", figure=median(sending) / node_rate, limit=9),
        ),
        notes=(
            f"{letters} letters, {size} octets on average, {CONNECTIONS} connections",
            f"plan included: {listed(whole, 'letters a second')}",
            f"sending part:  {listed(sending, 'letters a second')}",
            f"after a check: {listed(checked, 'letters a second')}",
            f"smtp-source:   {listed(source, 'messages a second')}, one canned message of {size} octets",
            f"mailmerge:     {listed(mailmerge, 'messages a second')}, over {few} messages",
            f"nodemailer:    {listed(nodemailer, 'messages a second')}, over {some} messages",
        ),
    )


def letter_size(folder: Path) -> int:
    """Octets of a letter, on average over the languages; each letter of the sample arrives once."""
    with recorder(folder / "sample.jsonl") as sink:
        send_all(make_campaign(folder / "sample", SAMPLE, Relay(port=sink.port, connections=2)), SAMPLE)
        return mean_size(sink.stop())
