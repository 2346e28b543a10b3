"""The whole campaign over implicit TLS, beside smtp-source in plaintext."""

from __future__ import annotations

from bench import reference
from bench.campaigns import Relay, make_campaign
from bench.end_to_end import CONNECTIONS, letter_size
from bench.product import send_all
from bench.relays import smtp_sink, tls_before
from bench.result import Bar, Options, Result, listed, median
from bench.workplace import scratch

LETTERS = 100_000
REPETITIONS = 3


def measure(options: Options) -> Result:
    """Rates over TLS as shares of the reference's. The terminator works on the same cores, and is paid for."""
    letters = options.letters(LETTERS)
    whole: list[float] = []
    sending: list[float] = []
    source: list[float] = []
    with scratch("over-tls") as folder, smtp_sink() as sink, tls_before(sink, folder) as (port, ca_file):
        size = letter_size(folder)
        relay = Relay(port=port, connections=CONNECTIONS, ca_file=ca_file)
        for number in range(REPETITIONS):
            source.append(reference.smtp_source(sink, letters, size))
            run = send_all(make_campaign(folder / str(number), letters, relay), letters)
            whole.append(letters / run.seconds)
            sending.append(run.printed_rate)
    return Result(
        bars=(
            Bar(
                name="over TLS, plan included, of plaintext smtp-source",
                figure=median(whole) / median(source),
                limit=0.4,
            ),
            Bar(
                name="over TLS, sending part, of plaintext smtp-source",
                figure=median(sending) / median(source),
                limit=0.55,
            ),
        ),
        notes=(
            f"{letters} letters through haproxy, which ends TLS before smtp-sink",
            f"plan included: {listed(whole, 'letters a second')}",
            f"sending part:  {listed(sending, 'letters a second')}",
            f"smtp-source:   {listed(source, 'messages a second')}, in plaintext",
        ),
    )
