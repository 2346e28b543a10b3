"""Makes the tutorial's pictures, docs/pictures/*.png: ``make pictures`` (needs Debian's package chromium)."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.tutorial.carried_out import ROOT, carry_out

SIZE = "1100,760"


def main() -> None:
    """Carry the tutorial out, and photograph the pages that it makes."""
    browser = shutil.which("chromium")
    if browser is None:
        sys.exit("Install chromium (Debian: apt install chromium), then run: make pictures")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        carry_out(folder)
        for page in ("preview", "report"):
            to = ROOT / f"docs/pictures/{page}.png"
            to.parent.mkdir(exist_ok=True)
            words = [
                *("--headless", "--no-sandbox", "--hide-scrollbars", "--virtual-time-budget=10000"),
                f"--user-data-dir={folder}/browser",
                *(f"--window-size={SIZE}", f"--screenshot={to}", (folder / f"acme-outage/{page}.html").as_uri()),
            ]
            subprocess.run([browser, *words], check=True, stderr=subprocess.DEVNULL, timeout=120)
            print(to.relative_to(ROOT))


if __name__ == "__main__":
    main()
