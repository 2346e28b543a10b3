"""Reads the CSV, Excel or Parquet file of the affected customers, and returns checked recipients.

A command opens the file once, as a ``RecipientsFile``. ``inspect`` finds its format, ``read`` streams its rows,
``check_where`` checks a filter of rows, and ``Segments`` finds the campaign's groups that a customer belongs to.
``look`` and ``cells`` serve ``init``, which writes the campaign. Only a filter imports pandas.
"""

from __future__ import annotations

from mass_apology.recipients.address import envelope_address
from mass_apology.recipients.column_layout import Batch, Layout
from mass_apology.recipients.recipient_reading import (
    NOTHING_STATED,
    cells,
    inspect,
    look,
    read,
    rows_at,
)
from mass_apology.recipients.recipients_file import RecipientsFile
from mass_apology.recipients.segments import Segments
from mass_apology.recipients.where import check_where

__all__ = [
    "NOTHING_STATED",
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
    "rows_at",
]
