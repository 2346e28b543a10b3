"""``metrics``: one look at a campaign as metrics, for the node exporter's textfile collector or standard output."""

from __future__ import annotations

from pathlib import Path

from mass_apology.errors import OutputError
from mass_apology.flows.watch.campaign_watch import CampaignWatch
from mass_apology.flows.watch.metrics import metrics_text
from mass_apology.system.whole_file import EVERYBODYS, write_whole

ENDING = ".prom"  # the node exporter reads no others


def metrics_now(folder: Path) -> str:
    """The metrics of the folder's campaign. Raises ``CampaignError``, and ``LedgerError`` where there is no ledger."""
    watch = CampaignWatch(folder)
    watch.look_closer()
    return metrics_text([watch.look()])


def write_metrics(folder: Path, textfile: Path) -> None:
    """Write them in the place of ``textfile``, whole or not at all, for everybody to read.

    Raises as ``metrics_now``, with the file as it was, and ``OutputError`` where it cannot be written.
    """
    if textfile.suffix != ENDING:
        raise OutputError(
            f"{textfile} does not end in {ENDING}, and the node exporter would not read it.",
            next_step=f"Name it {textfile.stem or 'mass_apology'}{ENDING}.",
        )
    text = metrics_now(folder)
    try:
        write_whole(textfile, text.encode(), mode=EVERYBODYS)
    except OSError as error:
        raise OutputError(
            f"{textfile} cannot be written: {error.strerror or error}.",
            next_step="Name a file in the folder of --collector.textfile.directory that this account may write to.",
        ) from error
