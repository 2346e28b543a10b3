"""Something done in a process of its own that has all the parent had, and may die of it."""

from __future__ import annotations

import os
import sys
import traceback
import warnings
from collections.abc import Callable


def forked(act: Callable[[], object]) -> int:
    """Start it; the process ends with 0 when it is done, with 1 and a traceback when it fails. The process's number."""
    with warnings.catch_warnings():
        # Python 3.12 warns of threads when it forks. The relay's is idle then, and the new process asks nothing of it.
        warnings.simplefilter("ignore", DeprecationWarning)
        process = os.fork()
    if not process:
        try:
            act()
            os._exit(0)
        except BaseException:  # whatever it is: this process must not go on as its parent does
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(1)
    return process
