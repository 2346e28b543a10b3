"""The table of what was tried: a line for each server and situation, with what mailbox and report came to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
from mailbox_and_report import Comparison
from private_server import PrivateServer

ROW = "mailbox and report"
_LINE = "{:<10} {:<58} {:>7} {:>8} {:>7} {:>5} {:>5} {:>6}  {}"
_HEAD = ("server", "situation", "letters", "accepted", "refused", "due", "doubt", "twice*", "mailbox = report")


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
        self._request.node.user_properties.append((ROW, cells))
        assert comparison.complaints == ()
        assert comparison.letters >= least


def table(reports: Sequence[pytest.TestReport]) -> Iterator[str]:
    """The lines of the table; none where no server was tried."""
    rows = [cells for report in reports for name, cells in report.user_properties if name == ROW]
    if not rows:
        return
    yield _LINE.format(*_HEAD)
    for cells in sorted(rows):
        yield _LINE.format(*cells)
    agreeing = sum(cells[-1] == "yes" for cells in rows)
    yield f"{len(rows)} situations, {sum(cells[2] for cells in rows)} letters; mailbox = report in {agreeing}."
    yield "* by the server, which was killed and was given the letter once"
