"""Five questions, answered on the first screen of a phone in each trouble.

Is it moving, when will it end, what holds it back, who has not heard and why, what can be pressed.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from browser import axe_violations
from first_screen import PHONE, answered_on_first_screen
from observed import TROUBLES
from playwright.sync_api import Browser
from served import StagedServer, Watching

from mass_apology.flows.watch.campaign_view import view_of

pytestmark = pytest.mark.slow

# trouble → moving, what holds it back, when it ends, who has not heard, what can be pressed
SAID = {
    "all well": (
        "Sending: 480 of 1,000",
        "The rate in campaign.toml, 10/s",
        "12:00 CET, in 51 s",
        "20 refused",
        "Pause",
    ),
    "throttle": ("Sending:", "The relay asks for less: 25 %", "12:03 CET", "20 refused", "Pause"),
    "slow destination": (
        "Sending:",
        "gmail.com asks for less: letters to it leave at 0.5 a second",
        "12:03 CET",
        "20 refused",
        "Pause",
    ),
    "quota": ("Waiting:", "quota is used up; the sending waits until 12:30 CET", "12:30 CET", "20 refused", "Pause"),
    "window": (
        "Waiting:",
        "as relay.windows allows; the sending waits until 12:10",
        "12:10 CET",
        "20 refused",
        "Pause",
    ),
    "relay dead": (
        "Waiting:",
        "No connection to the relay: 127.0.0.1 refuses",
        "Nobody can tell",
        "20 refused",
        "Pause",
    ),
    "breaker": (
        "Stopped:",
        "The campaign paused itself: 30 of the last 200",
        "No end in sight",
        "20 refused",
        "terminal",
    ),
    "disk full": ("Stopped dead:", "disk is full (0 MB free)", "No end in sight", "20 refused", "terminal"),
    "killed": ("Stopped dead:", "has ended without saying so", "No end in sight", "4 on the way", "terminal"),
    "paused": ("Paused:", "Somebody paused the sending", "No end in sight", "20 refused", "Resume"),
    "silent": ("No sign of life:", "has said nothing since 11:59 CET", "No end in sight", "20 refused", "Pause"),
    "doubt": ("Done: 995 of 1,000", "5 letters are in doubt", "No letter is due", "5 in doubt", "terminal"),
    "done": ("Done: 980 of 1,000", "No letter is due", "No letter is due", "20 not reached", "terminal"),
}


def slug(trouble: str) -> str:
    return trouble.replace(" ", "-")


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[StagedServer, str]]:
    staged = StagedServer({slug(trouble): view_of(TROUBLES[trouble]) for trouble in SAID})
    with staged.listening() as base:
        yield staged, base


@pytest.mark.parametrize("trouble", SAID)
def test_the_first_screen_of_a_phone_answers_five_questions(server, browser: Browser, trouble: str) -> None:
    staged, base = server
    visit = Watching(browser, base, token=staged.token(), viewport=PHONE)
    page = visit.page
    page.goto(f"{base}/campaigns/{slug(trouble)}", wait_until="load")
    answered_on_first_screen(page, SAID[trouble])
    visit.close()
    assert (visit.complaints, visit.elsewhere) == ([], [])


@pytest.mark.parametrize("width", [320, 800, 1920, 3840])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_whole_on_every_screen(server, browser: Browser, width: int, scheme: str) -> None:
    staged, base = server
    visit = Watching(browser, base, token=staged.token(), viewport={"width": width, "height": 900}, color_scheme=scheme)
    for path in ("/", "/campaigns/all-well", "/campaigns/killed"):
        visit.page.goto(base + path, wait_until="load")
        assert not visit.page.evaluate("document.documentElement.scrollWidth > innerWidth"), path
        assert axe_violations(visit.page) == ""
    visit.close()
    assert (visit.complaints, visit.elsewhere) == ([], [])


def test_everything_is_reached_by_the_keyboard_and_what_is_typed_stays(server, browser: Browser) -> None:
    staged, base = server
    visit = Watching(browser, base, token=staged.token())
    page = visit.page
    page.goto(f"{base}/campaigns/all-well", wait_until="load")
    reached = []
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()"))
    assert reached[0] == "Skip to the page"
    assert {"pause-button", "Stop…", "note-text", "note-button", "Leave"} <= set(reached)
    page.locator("#stop-details summary").press("Enter")
    page.locator("#stop-word").type("sto")
    watched = staged.service.campaigns.found["all-well"]
    watched.watch.view = view_of(TROUBLES["throttle"])
    page.wait_for_selector("#part-limit:has-text('asks for less')")
    assert page.locator("#stop-word").input_value() == "sto"
    assert page.evaluate("document.activeElement.id") == "stop-word"
    assert page.locator("#stop-details").get_attribute("open") is not None
    watched.watch.view = view_of(TROUBLES["all well"])
    visit.close()
    assert visit.complaints == []


def test_a_screen_reader_is_spoken_to_seldom(server, browser: Browser) -> None:
    staged, base = server
    visit = Watching(browser, base, token=staged.token())
    visit.page.add_init_script(
        """
        window.spoken = [];
        addEventListener("DOMContentLoaded", () => new MutationObserver(() => window.spoken.push(
            [performance.now(), document.getElementById("announcer").textContent]
        )).observe(document.getElementById("announcer"), {childList: true}));
        """
    )
    visit.page.goto(f"{base}/campaigns/quota", wait_until="load")
    watched = staged.service.campaigns.found["quota"]
    for trouble in ("window", "throttle", "all well", "quota"):
        watched.watch.view = view_of(TROUBLES[trouble])
        visit.page.wait_for_timeout(1500)
    spoken = visit.page.evaluate("window.spoken")
    assert len(spoken) == 1
    visit.close()


def test_without_a_script_the_page_loads_again(server, browser: Browser) -> None:
    staged, base = server
    visit = Watching(browser, base, token=staged.token(), java_script_enabled=False)
    visit.page.goto(f"{base}/campaigns/window", wait_until="load")
    assert visit.page.locator("noscript meta[http-equiv=refresh]").count() or 'http-equiv="refresh"' in (
        visit.page.content()
    )
    staged.service.campaigns.found["window"].watch.view = view_of(TROUBLES["all well"])
    visit.page.wait_for_selector("text=The rate in campaign.toml", timeout=20_000)
    staged.service.campaigns.found["window"].watch.view = view_of(TROUBLES["window"])
    visit.close()
