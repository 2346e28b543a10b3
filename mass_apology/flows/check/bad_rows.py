"""Writes bad rows as a table: line, causes, advice and cells, to be mended there and read back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from mass_apology import recipients
from mass_apology.flows.operator import OnProgress, watched
from mass_apology.flows.tables import new_table, table_style
from mass_apology.model import Finding
from mass_apology.recipients import mended_rows
from mass_apology.workspace.workspace import Workspace

_LINES = 10  # line numbers of other rows in one cell


def write_bad_rows(
    workspace: Workspace,
    findings: Mapping[int, Sequence[Finding]],
    to: Path,
    *,
    force: bool,
    on_progress: OnProgress,
) -> int:
    """Write the rows that the findings are about, in the file's order; how many they are. Raises ``OutputError``."""
    campaign, count = workspace.campaign, 0
    with workspace.recipients_file() as file:
        layout = recipients.inspect(file, campaign)
        mark, width = mended_rows.file_mark(file), len(layout.in_file)
        header = [*mended_rows.COLUMNS, *mended_rows.customer_columns(layout.in_file)]
        with new_table(to, header, table_style(campaign), force=force) as write:
            rows = recipients.rows_at(file, layout, campaign, findings)
            for line, cells in watched(rows, "writing bad rows", len(findings), on_progress):
                causes = _joined(_cause(each, line) for each in findings[line])
                advice = _joined(each.advice for each in findings[line])
                own = [*cells[:width], *[""] * (width - len(cells))]
                write([line, mark, causes, advice, " | ".join(cells[width:]), *own])
                count += 1
    return count


def _cause(finding: Finding, line: int) -> str:
    """The problem, with the other rows that it is about."""
    others = [each for each in (finding.line, *finding.other_lines) if each not in {None, line}]
    if not others:
        return finding.problem
    more = ", …" if len(others) > _LINES else ""
    return f"{finding.problem} (See also line {', '.join(map(str, others[:_LINES]))}{more}.)"


def _joined(sentences: Iterable[str]) -> str:
    return " ".join(dict.fromkeys(sentences))
