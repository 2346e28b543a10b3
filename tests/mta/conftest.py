"""The servers, one at a time each, and the table of what was tried, printed at the end."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from debian_trees import Unobtainable, tree
from mailbox_and_report import Comparison
from private_server import PrivateServer

_LINE = "{:<10} {:<58} {:>7} {:>8} {:>7} {:>5} {:>5} {:>6}  {}"
_HEAD = ("server", "situation", "letters", "accepted", "refused", "due", "doubt", "twice*", "mailbox = report")
_ROW = "mailbox and report"


class Situation:
    """One line of the table."""

    def __init__(self, server: PrivateServer, name: str, report: pytest.FixtureRequest) -> None:
        self._server = server
        self._name = name
        self._request = report

    def holds(self, comparison: Comparison, *, least: int = 400) -> None:
        """Note it for the table, and require that mailbox and report agree, of enough letters."""
        cells = [self._server.name, self._name, comparison.letters]
        counts = {status.value: count for status, count in comparison.counts.items()}
        cells += [counts.get("ACCEPTED", 0), counts.get("REFUSED", 0)]
        cells += [counts.get("PLANNED", 0) + counts.get("DEFERRED", 0), counts.get("IN_DOUBT", 0), comparison.again]
        cells.append("no" if comparison.complaints else "yes")
        self._request.node.user_properties.append((_ROW, cells))
        assert comparison.complaints == ()
        assert comparison.letters >= least


@pytest.fixture(scope="class")
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateServer]:
    """The class's server, with a root folder that is its own."""
    kind: type[PrivateServer] = request.cls.kind
    folder = tmp_path_factory.mktemp(kind.__name__)
    try:
        unpacked = tree(kind.package)
    except Unobtainable as problem:
        pytest.fail(f"No {kind.name}: {problem}")
    subprocess.run(["cp", "-a", str(unpacked), str(folder / "root")], check=True)
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "authority.pem"))
    server = kind(folder / "root", authority, folder / "authority.pem")
    yield server
    server.kill()


@pytest.fixture
def situation(server: PrivateServer, request: pytest.FixtureRequest) -> Situation:
    name = request.node.name.removeprefix("test_").replace("_", " ")
    return Situation(server, name, request)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The table, in a run that has tried a server."""
    reports = [each for outcome in ("passed", "failed") for each in terminalreporter.getreports(outcome)]
    rows = [cells for report in reports for name, cells in report.user_properties if name == _ROW]
    if not rows:
        return
    terminalreporter.section("mailbox and report, by server and situation")
    for cells in (_HEAD, *sorted(rows)):
        terminalreporter.write_line(_LINE.format(*cells))
    terminalreporter.write_line(
        f"{len(rows)} situations, {sum(cells[2] for cells in rows)} letters; mailbox = report in "
        f"{sum(cells[-1] == 'yes' for cells in rows)}. "
        "* by the server, which was killed and was given the letter once"
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What needs a real server is marked by its fixture."""
    for item in items:
        if "server" in getattr(item, "fixturenames", ()) and Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.mta)
