"""Where this machine keeps what all its campaigns share.

That is the suppression list, the history of campaigns that were sent, how far each ledger had come, and the wording
rules as they were made. No campaign needs the folder to go on, but what is checked by them is not checked without it.
"""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import user_state_path

STATE_VARIABLE = "MASS_APOLOGY_STATE"
"""The environment variable that names another folder."""


def state_folder() -> Path | None:
    """An absolute path, which need not exist; ``None`` for a user without a home directory, as in some containers."""
    if given := os.environ.get(STATE_VARIABLE):
        return Path(given).absolute()
    try:
        state = user_state_path("mass-apology", appauthor=False)
    except RuntimeError:
        return None
    return state if state.is_absolute() else None  # older versions of platformdirs leave "~" as it is
