"""Every test writes its recipients file into a folder of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from recipient_files import Load, Loaded, campaign_of, load

from mass_apology.settings import Campaign


@pytest.fixture(name="campaign_of")
def campaign_of_options() -> Callable[..., Campaign]:
    return campaign_of


@pytest.fixture
def load_file() -> Load:
    return load


@pytest.fixture
def load_text(tmp_path: Path) -> Load:
    """Write the text as affected.csv, in UTF-8 unless it is bytes, and load it."""

    def loaded(text: str | bytes | Iterable[str], **options: Any) -> Loaded:
        path = tmp_path / "affected.csv"
        content = text if isinstance(text, str | bytes) else "\n".join(text)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return load(path, **options)

    return loaded
