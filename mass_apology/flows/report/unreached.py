"""Everyone no letter reached, with the fields of their rows: for the call centre, or the post."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from mass_apology.flows.output import new_file
from mass_apology.flows.report.report_summary import UNREACHED
from mass_apology.flows.report.result_tables import (
    customer_cells,
    customer_columns,
    line_numbers,
    moment,
    safe,
)
from mass_apology.ledger import Result
from mass_apology.model import Status

COLUMNS = ("status", "why", "last_tried_at", "attempts", "address", "name", "language", "rows")


def write_unreached(results: Iterable[Result], header: Sequence[str], to: Path, *, force: bool) -> Iterator[Result]:
    """Write the unreached, and those in doubt, to the CSV file ``to``; the same results pass through.

    ``header`` names the columns of the recipients file, which follow ours; of a customer with several rows the first
    counts. Raises ``OutputError``.
    """
    with new_file(to, force=force) as file:
        table = csv.writer(file)
        table.writerow([*COLUMNS, *customer_columns(header, COLUMNS)])
        for result in results:
            if result.status in UNREACHED or result.status is Status.IN_DOUBT:
                table.writerow(safe(_row(result, header)))
            yield result


def _row(result: Result, header: Sequence[str]) -> list[object]:
    return [
        result.status.value,
        result.reply or "",
        moment(result.marked_at),
        result.attempts,
        result.address,
        result.name,
        result.language,
        line_numbers(result.lines),
        *customer_cells(result.rows, header),
    ]
