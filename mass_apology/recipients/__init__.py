"""The CSV, Excel or Parquet file of an incident's affected customers becomes checked recipients.

``header`` names its columns, ``inspect`` says how it is written, ``read`` streams its rows, ``check_where`` tries a
choice of rows.
pandas is imported only when a file is really opened.
"""

from __future__ import annotations

from mass_apology.recipients.layout import Batch, Layout
from mass_apology.recipients.reading import header, inspect, read
from mass_apology.recipients.where import check_where

__all__ = ["Batch", "Layout", "check_where", "header", "inspect", "read"]
