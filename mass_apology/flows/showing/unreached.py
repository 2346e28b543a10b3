"""Everyone no letter reached, with the fields of their rows: for the call centre, or the post."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from mass_apology.flows.output import new_file
from mass_apology.flows.showing.summary import UNREACHED
from mass_apology.flows.showing.tables import cell, moment
from mass_apology.ledger import Result
from mass_apology.model import Status

COLUMNS = ("status", "why", "last_tried_at", "attempts", "address", "name", "language", "rows")

_ROWS = msgspec.json.Decoder(list[dict[str, str]])
_LINES = msgspec.json.Decoder(list[int])


def write_unreached(results: Iterable[Result], header: Sequence[str], to: Path, *, force: bool) -> Iterator[Result]:
    """Write the unreached, and those in doubt, to the CSV file ``to``; the same results pass through.

    ``header`` names the columns of the recipients file, which follow ours; of a customer with several rows the first
    counts. Raises ``OutputError``.
    """
    own = [name if name not in COLUMNS else f"row_{name}" for name in header]
    with new_file(to, force=force) as file:
        table = csv.writer(file)
        table.writerow([*COLUMNS, *map(cell, own)])
        for result in results:
            if result.status in UNREACHED or result.status is Status.IN_DOUBT:
                table.writerow([cell(value) for value in _row(result, header)])
            yield result


def _row(result: Result, header: Sequence[str]) -> list[object]:
    rows = _ROWS.decode(result.rows)
    fields = rows[0] if rows else {}
    return [
        result.status.value,
        result.reply or "",
        moment(result.marked_at),
        result.attempts,
        result.address,
        result.name,
        result.language,
        " ".join(map(str, _LINES.decode(result.lines))),
        *(fields.get(column, "") for column in header),
    ]
