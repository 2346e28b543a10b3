"""The people whom no letter reached, with the fields of their rows: for the call centre, or the post."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from mass_apology.flows.output import new_file
from mass_apology.flows.report.result_columns import (
    UNREACHED_COLUMNS,
    customer_cells,
    customer_columns,
    names,
    row,
    safe,
)
from mass_apology.ledger import Result
from mass_apology.model import NOT_REACHED, Status


def write_unreached(results: Iterable[Result], header: Sequence[str], to: Path, *, force: bool) -> Iterator[Result]:
    """Write the unreached, and those in doubt, to the CSV file ``to``; the same results pass through.

    ``header`` names the columns of the recipients file, which follow ours; of a customer with several rows the first
    counts. Raises ``OutputError``.
    """
    with new_file(to, force=force) as file:
        table = csv.writer(file)
        ours = names(UNREACHED_COLUMNS)
        table.writerow([*ours, *customer_columns(header, ours)])
        for result in results:
            if result.status in NOT_REACHED or result.status is Status.IN_DOUBT:
                cells = row(result, UNREACHED_COLUMNS).values()
                table.writerow(safe([*cells, *customer_cells(result.rows, header)]))
            yield result
