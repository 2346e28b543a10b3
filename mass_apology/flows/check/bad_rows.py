"""Writes bad rows as a table: line, causes, advice and cells, to be mended there and read back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from mass_apology import recipients
from mass_apology.flows.tables import new_table, table_style
from mass_apology.model import Finding
from mass_apology.recipients import mended_rows
from mass_apology.workspace.workspace import Workspace


def write_bad_rows(workspace: Workspace, findings: Mapping[int, Sequence[Finding]], to: Path, *, force: bool) -> int:
    """Write the rows that the findings are about, in the file's order; how many they are. Raises ``OutputError``."""
    campaign, count = workspace.campaign, 0
    with workspace.recipients_file() as file:
        layout = recipients.inspect(file, campaign)
        mark, width = mended_rows.file_mark(file), len(layout.in_file)
        header = [*mended_rows.COLUMNS, *mended_rows.customer_columns(layout.in_file)]
        with new_table(to, header, table_style(campaign), force=force) as write:
            for line, cells in recipients.rows_at(file, layout, campaign, findings):
                causes = _joined(each.problem for each in findings[line])
                advice = _joined(each.advice for each in findings[line])
                own = [*cells[:width], *[""] * (width - len(cells))]
                write([line, mark, causes, advice, " | ".join(cells[width:]), *own])
                count += 1
    return count


def _joined(sentences: Iterable[str]) -> str:
    return " ".join(dict.fromkeys(sentences))
