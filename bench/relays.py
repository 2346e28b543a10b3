"""Relays to send to, each a process of its own: Postfix's smtp-sink, TLS before it, and one that records."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import trustme

from bench.recorder import Arrival, parse_arrivals
from bench.result import TrialError
from bench.workplace import HOST, free_port, program, python, running, wait_until_listening

_BACKLOG = 256
_HAPROXY = """\
global
    nbthread 1
    ssl-default-bind-options ssl-min-ver TLSv1.2
defaults
    mode tcp
    timeout connect 5s
    timeout client 10m
    timeout server 10m
frontend smtps
    bind {host}:{port} ssl crt {certificate}
    default_backend sink
backend sink
    server sink {host}:{sink}
"""


@contextmanager
def smtp_sink() -> Iterator[int]:
    """Postfix's own test server, which throws everything away; yields its port."""
    port = free_port()
    # It refuses to run as root.
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    with running([program("smtp-sink", "postfix"), *user, f"{HOST}:{port}", str(_BACKLOG)]) as process:
        wait_until_listening(port, process)
        yield port


@contextmanager
def tls_before(sink: int, folder: Path) -> Iterator[tuple[int, Path]]:
    """Implicit TLS before a sink; yields the port and the authority's certificate (PEM)."""
    haproxy = program("haproxy", "haproxy")
    port, authority = free_port(), trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "authority.pem"))
    authority.issue_cert("localhost", HOST).private_key_and_cert_chain_pem.write_to_path(str(folder / "server.pem"))
    settings = folder / "haproxy.cfg"
    settings.write_text(_HAPROXY.format(host=HOST, port=port, certificate=folder / "server.pem", sink=sink))
    with running([haproxy, "-db", "-q", "-f", str(settings)]) as process:
        wait_until_listening(port, process)
        yield port, folder / "authority.pem"


class Recorder:
    """A running recording sink."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, record: Path) -> None:
        self._process = process
        self.record = record  # grows by a line with each dot
        self.port = port

    def stop(self) -> Sequence[Arrival]:
        """End the sink; all that arrived, in order."""
        assert self._process.stdin is not None  # it was started with a pipe; this tells mypy
        self._process.stdin.close()
        if self._process.wait(60) != 0:
            raise TrialError("The recording sink failed; see what it said above.")
        return parse_arrivals(self.record)


@contextmanager
def recorder(record: Path, *, latency: float = 0.0) -> Iterator[Recorder]:
    """A sink that writes down every final dot in ``record``; ``latency`` in seconds lies before each of its replies."""
    command = python("-m", "bench.recorder", str(record), str(latency))
    with running(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None  # it was started with a pipe; this tells mypy
        line = process.stdout.readline()
        if not line:
            raise TrialError("The recording sink does not start; see what it said above.")
        yield Recorder(process, int(line), record)


def dots_per_second(arrivals: Sequence[Arrival]) -> float:
    """The mean rate between the first dot and the last."""
    if len(arrivals) < 2:
        raise TrialError(f"The sink saw {len(arrivals)} messages, too few for a rate.")
    return (len(arrivals) - 1) / (arrivals[-1].at - arrivals[0].at)


def mean_size(arrivals: Sequence[Arrival]) -> int:
    """Octets of a message."""
    return round(sum(arrival.size for arrival in arrivals) / len(arrivals))
