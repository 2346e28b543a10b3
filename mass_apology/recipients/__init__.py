"""The CSV, Excel or Parquet file of an incident's affected customers becomes checked recipients.

A command opens it once, as a ``RecipientsFile``: ``inspect`` says how it is written, ``read`` streams its rows,
``check_where`` tries a choice of rows, ``Segments`` tells which of the campaign's groups somebody is in. ``look`` and
``cells`` are for a campaign still to be written.
pandas is imported only for a choice of rows.
"""

from __future__ import annotations

from mass_apology.recipients.address import envelope_address
from mass_apology.recipients.column_layout import Batch, Layout
from mass_apology.recipients.recipient_reading import (
    cells,
    inspect,
    look,
    read,
)
from mass_apology.recipients.recipients_file import RecipientsFile
from mass_apology.recipients.segments import Segments
from mass_apology.recipients.where import check_where

__all__ = [
    "Batch",
    "Layout",
    "RecipientsFile",
    "Segments",
    "cells",
    "check_where",
    "envelope_address",
    "inspect",
    "look",
    "read",
]
