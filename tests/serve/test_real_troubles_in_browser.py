"""Troubles of real runs in mid-run, on a phone's first screen: the relay's quota, and a window of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from first_screen import PHONE, answered_on_first_screen
from live import campaign_folder, customers, relay
from playwright.sync_api import Browser
from served import Watching, serving
from smtp_fakes import Fault, FaultyConversation
from test_live_run_in_browser import sending

pytestmark = pytest.mark.slow

SETTINGS = {"rate": "50/s", "connections": 4}
PATIENCE = 60_000  # ms


def quota_after(letters: int) -> Fault:
    """The relay's day is over after so many."""
    left = [letters]

    def fault(_: FaultyConversation, verb: str, _argument: bytes) -> bytes | None:
        left[0] -= verb == "RCPT"
        return b"550 5.4.5 Daily user sending quota exceeded\r\n" if verb == "RCPT" and left[0] < 0 else None

    return fault


# trouble → the relay's fault, its settings, the state, and what the page says to the five questions
STAGED: dict[str, tuple[Fault | None, dict[str, object], str, tuple[str, ...]]] = {
    "quota": (
        quota_after(60),
        {},
        "waiting",
        (
            "Waiting:",
            "The relay’s quota is used up; the sending waits until",
            "The last letter will leave about",
            "have not heard from us yet",
            "Pause",
        ),
    ),
    "window": (
        None,
        {"windows": ["80/h"]},
        "waiting",
        (
            "Waiting:",
            "As many letters have left as relay.windows allows; the sending waits until",
            "The last letter will leave about",
            "have not heard from us yet",
            "Pause",
        ),
    ),
}


@pytest.mark.parametrize("trouble", STAGED)
def test_a_trouble_in_mid_run_is_answered_on_the_first_screen(tmp_path: Path, browser: Browser, trouble: str) -> None:
    fault, settings, state, said = STAGED[trouble]
    with relay(fault=fault) as live:
        rows = customers(2000)
        folder = campaign_folder(tmp_path / "acme", live.sink.url, rows, relay={**SETTINGS, **settings})
        with sending(folder, len(rows)), serving(tmp_path) as link:
            visit = Watching(browser, link.partition("/enter/")[0], viewport=PHONE)
            visit.page.goto(link, wait_until="load")
            visit.page.goto(f"{visit.base}/campaigns/acme", wait_until="load")
            words = said[1].split(":")[0]
            visit.page.wait_for_selector(f"#part-limit:has-text({words!r})", timeout=PATIENCE)
            visit.page.wait_for_selector(f"#part-now .state.{state}", timeout=PATIENCE)
            answered_on_first_screen(visit.page, said)
            visit.page.screenshot(path=tmp_path / "phone.png")
            visit.close()
            assert (visit.complaints, visit.elsewhere) == ([], [])
