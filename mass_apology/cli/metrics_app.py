"""``metrics``: a campaign for Prometheus and whatever else reads its format."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mass_apology.cli.options import HERE, Folder

app = typer.Typer(rich_markup_mode=None)


@app.command()
def metrics(
    folder: Folder = HERE,
    textfile: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write them to this .prom file, for the node exporter, in one step."),
    ] = None,
) -> None:
    """Say how a campaign is in numbers that Prometheus reads (OpenMetrics).

    Letters by status and wave, rate, end, state, connections, replies. No address is in it, and no server is needed.

    \b
    Examples:
      mass-apology metrics
      mass-apology metrics --textfile /var/lib/node_exporter/acme-outage.prom
    """
    from mass_apology.flows.watch import metrics_file as flow

    if textfile is not None:
        flow.write_metrics(folder, textfile)
    else:
        typer.echo(flow.metrics_now(folder), nl=False)
