"""Excel workbooks, OpenDocument sheets and Parquet files become rows of texts, in a guarded process of their own.

``read_typed`` reads a file. What a person would not see in it, or would see as an error, is told and not read as if
it were a value.
"""

from __future__ import annotations

from mass_apology.typed_files.frames import FlawedRow, Heading, Notice, Request, Rows
from mass_apology.typed_files.guarded import read_typed

__all__ = ["FlawedRow", "Heading", "Notice", "Request", "Rows", "read_typed"]
