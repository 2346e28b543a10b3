"""Metrics are OpenMetrics by its grammar, say what the view says, and name nobody."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from live import campaign_folder, customers, relay, send
from msgspec.structs import replace
from observed import TROUBLES, observed, said
from smtp_fakes import FaultyConversation

from mass_apology.errors import LedgerError, OutputError
from mass_apology.flows.watch.campaign_view import view_of
from mass_apology.flows.watch.metrics import is_healthy, metrics_text
from mass_apology.flows.watch.metrics_file import metrics_now, write_metrics
from mass_apology.ledger.sender_state import Control, RelayReport

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
TEXT = r'(?:[^"\\\n]|\\[\\n"])*'
DESCRIPTOR = re.compile(rf"# (TYPE|UNIT|HELP) ({NAME}) (.+)")
SAMPLE = re.compile(rf'({NAME})\{{((?:{NAME}="{TEXT}"(?:,(?!}}))?)*)\}} (-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)')
LABEL = re.compile(rf'({NAME})="({TEXT})"')
Key = tuple[str, frozenset[tuple[str, str]]]


def parsed(text: str) -> Mapping[Key, float]:
    """The samples, by OpenMetrics' rules for gauges: families in one piece, described first, and nothing twice."""
    assert text.endswith("\n# EOF\n")
    found: dict[Key, float] = {}
    described: dict[str, dict[str, str]] = {}
    current = ""
    for line in text.removesuffix("# EOF\n").splitlines():
        if descriptor := DESCRIPTOR.fullmatch(line):
            what, name, told = descriptor.groups()
            if name != current:
                assert name not in described, "a family in two pieces"
                current, described[name] = name, {}
            assert what not in described[name]
            assert not any(key[0] == name for key in found), "a description behind its samples"
            described[name][what] = told
            continue
        sample = SAMPLE.fullmatch(line)
        assert sample, line
        name, labels, value = sample.groups()
        assert name == current
        key = name, frozenset(LABEL.findall(labels))
        assert key not in found, "the same sample twice"
        found[key] = float(value)
    for name, its in described.items():
        assert its["TYPE"] == "gauge"
        assert "UNIT" not in its or name.endswith(f"_{its['UNIT']}")
        assert not name.endswith(("_total", "_created", "_info", "_count", "_sum", "_bucket"))
    return found


def value(found: Mapping[Key, float], name: str, **labels: str) -> float:
    return found[f"mass_apology_{name}", frozenset(labels.items())]


@pytest.mark.parametrize("trouble", TROUBLES)
def test_the_view_is_told_in_each_trouble(trouble: str) -> None:
    view = view_of(TROUBLES[trouble])
    found = parsed(metrics_text([view]))
    own = {"campaign": view.campaign}
    assert value(found, "state", state=view.state, **own) == 1
    assert sum(number for (name, _), number in found.items() if name == "mass_apology_state") == 1
    assert value(found, "limit", kind=view.limit.kind, **own) == 1
    assert value(found, "healthy", **own) == is_healthy(view)
    letters = {key: number for key, number in found.items() if key[0] == "mass_apology_letters"}
    assert sum(letters.values()) == sum(sum(wave.counts.values()) for wave in view.waves)
    assert value(found, "letters_per_second", **own) == view.pace.rate
    assert (("mass_apology_end_seconds", frozenset(own.items())) in found) == (view.end.seconds is not None)


def test_how_long_a_commit_takes_is_told_while_letters_go() -> None:
    going = view_of(observed(said(commit_seconds=0.004)))
    assert value(parsed(metrics_text([going])), "commit_seconds", campaign="acme-outage") == 0.004
    paused = view_of(observed(said(commit_seconds=0.004), wanted=Control.PAUSE))
    for silent in (paused, view_of(observed()), view_of(TROUBLES["done"])):
        assert "mass_apology_commit_seconds{" not in metrics_text([silent])


def test_each_of_several_relays_is_told() -> None:
    relays = (
        RelayReport(name="main", accepted=300, deferred=9, refused=4, in_doubt=1, rate=8.5),
        RelayReport(name='second "b"', accepted=0, state="given up", usable=False),
    )
    found = parsed(metrics_text([view_of(observed(said(relays=relays)))]))
    assert value(found, "relay_letters_per_second", campaign="acme-outage", relay="main") == 8.5
    assert value(found, "relay_usable", campaign="acme-outage", relay='second \\"b\\"') == 0
    outcomes = {"accepted": 300, "deferred": 9, "refused": 4, "in_doubt": 1}
    for status, letters in outcomes.items():
        assert value(found, "relay_letters", campaign="acme-outage", relay="main", status=status) == letters


def test_who_must_come_is_told() -> None:
    healthy = {trouble for trouble in TROUBLES if is_healthy(view_of(TROUBLES[trouble]))}
    assert {"all well", "throttle", "quota", "window", "done", "deferred"} <= healthy
    assert not healthy & {"killed", "disk full", "silent", "breaker", "relay dead", "paused", "doubt"}


def test_several_campaigns_with_any_name_are_one_text() -> None:
    view = view_of(observed())
    names = ['a"b', "a\\", "a\nb", "Ünfall № 1", "}{,=", "acme"]
    found = parsed(metrics_text([replace(view, campaign=name) for name in names]))
    assert len([name for name, _ in found if name == "mass_apology_letters_due"]) == len(names)
    assert parsed(metrics_text([])).keys() == {key for key in found if key[0] == "mass_apology_build"}


def test_the_docs_name_every_metric() -> None:
    page = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text(encoding="utf-8")
    told = re.findall(r"^# TYPE (\S+) gauge$", metrics_text([view_of(observed())]), re.MULTILINE)
    assert re.findall(r"^\| `(mass_apology_\w+)", page, re.MULTILINE) == told


def refuse_one(_: FaultyConversation, verb: str, argument: bytes) -> bytes | None:
    return b"550 5.1.1 <customer3@d3.example> unknown" if verb == "RCPT" and b"customer3@" in argument else None


@pytest.fixture
def sent(tmp_path: Path) -> Iterator[Path]:
    with relay(fault=refuse_one) as live:
        folder = campaign_folder(tmp_path / "c", live.sink.url, customers(9))
        send(folder)
        yield folder


def test_a_file_for_the_node_exporter_is_replaced_in_one_step(sent: Path, tmp_path: Path) -> None:
    path = tmp_path / "acme.prom"
    path.write_text("before")
    write_metrics(sent, path)
    text = path.read_text(encoding="utf-8")
    found = parsed(text)
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert [each.name for each in tmp_path.iterdir() if each != sent] == ["acme.prom"]
    assert value(found, "letters", campaign="trial", wave="first", status="accepted") == 8
    assert value(found, "letters", campaign="trial", wave="first", status="refused") == 1
    assert value(found, "recent_replies", **{"campaign": "trial", "status": "refused", "class": "5xx"}) == 1
    assert "@" not in text
    assert "customer" not in text.replace("no customer", "")


def test_what_goes_wrong_leaves_the_file_as_it_was(sent: Path, tmp_path: Path) -> None:
    path = tmp_path / "acme.prom"
    path.write_text("before")
    (sent / "ledger.sqlite").rename(tmp_path / "elsewhere")
    for name in ("ledger.sqlite-wal", "ledger.sqlite-shm"):
        (sent / name).unlink(missing_ok=True)
    with pytest.raises(LedgerError):
        write_metrics(sent, path)
    assert path.read_text() == "before"
    (tmp_path / "elsewhere").rename(sent / "ledger.sqlite")
    with pytest.raises(OutputError, match=r"does not end in \.prom"):
        write_metrics(sent, tmp_path / "acme.txt")
    with pytest.raises(OutputError, match="cannot be written"):
        write_metrics(sent, tmp_path / "nowhere" / "acme.prom")
    assert metrics_now(sent).endswith("# EOF\n")
