"""The gallery's page, and its judges: one that finds no fault in a spoiled letter is no judge."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from msgspec.structs import replace

from mass_apology.letter.message.compose import rfc5322_date
from tests.gallery.accessibility import THEMES, barriers
from tests.gallery.examples import customer, writer
from tests.gallery.page import Exhibit, page
from tests.gallery.pictures import WIDTHS, photographed
from tests.gallery.samples import DATE, PLAIN, Sample, message, saved
from tests.gallery.spam import judged_as_spam
from tests.pages.browser import CHROMIUM, Visit, chromium

pytestmark = pytest.mark.slow

SPAMASSASSIN = shutil.which("spamassassin")
UNSOLICITED = "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"
"""SpamAssassin's own test word, worth a thousand points."""

in_a_browser = pytest.mark.skipif(
    CHROMIUM is None, reason="no Chromium is installed here; on Debian: apt-get install chromium"
)


def sample(language: str) -> Sample:
    content = writer("service-outage", PLAIN, complete=True).content(
        customer("service-outage", language, complete=True), date=DATE
    )
    return Sample(scenario="service-outage", language=language, layout=PLAIN, complete=True, content=content)


def spoilt(letter: Sample, name: str, before: str, after: str) -> Sample:
    assert before in letter.content.html
    html = letter.content.html.replace(before, after)
    return replace(letter, scenario=name, content=replace(letter.content, html=html))


@in_a_browser
def test_the_page_shows_every_letter_four_times_and_what_is_chosen(tmp_path: Path) -> None:
    files = saved([sample("en"), sample("pl")], tmp_path / "letters")
    with chromium() as browser:
        shown = list(photographed(files, browser, tmp_path / "pictures"))
        exhibits = [Exhibit(sample=files[path], document=path, pictures=pictures) for path, pictures in shown]
        assert [len(pictures) for _, pictures in shown] == [len(WIDTHS) * len(THEMES)] * 2
        index = tmp_path / "index.html"
        index.write_text(page(exhibits, tmp_path), encoding="utf-8")
        visit = Visit(browser, index, address="#language=pl&theme=dark")
        assert visit.page.locator("article:visible").count() == 1
        assert visit.page.locator("article:visible .letter a:visible").count() == len(WIDTHS)
        visit.page.select_option("select[name=language]", "")
        assert visit.page.locator("article:visible").count() == 2
        assert visit.page.locator("output").inner_text() == "2 letters"
        assert all(link.startswith(tmp_path.resolve().as_uri()) for link in visit.requests)
        visit.close()


@in_a_browser
def test_a_spoilt_letter_has_barriers(tmp_path: Path) -> None:
    good = sample("en")
    letters = [
        good,
        spoilt(good, "no-language", 'lang="en"', ""),
        spoilt(good, "dark-on-dark", "#e6eaef", "#222b33"),
        spoilt(good, "wide", "</body>", '<p style="width: 900px">wide</p></body>'),
        spoilt(good, "no-description", "</body>", '<img src="data:,"></body>'),
    ]
    with chromium() as browser:
        found = {
            (each.letter.stem.partition("-en-")[0], each.rule) for each in barriers(saved(letters, tmp_path), browser)
        }
    assert found == {
        ("no-language", "html-has-lang"),
        ("dark-on-dark", "color-contrast"),
        ("wide", "sideways"),
        ("no-description", "image-alt"),
    }


@pytest.mark.skipif(SPAMASSASSIN is None, reason="SpamAssassin is not installed here; apt-get install spamassassin")
def test_spam_is_told_from_a_letter(tmp_path: Path) -> None:
    assert SPAMASSASSIN is not None
    good, date = sample("en"), rfc5322_date(Path(__file__).stat().st_mtime)
    data = message(good, date=date, eightbit=True)
    spam = data.replace(b"Dear ", UNSOLICITED.encode() + b" Dear ", 1).replace(b"<service-outage", b"<spam")
    verdicts = judged_as_spam([data, spam], date=date, spamassassin=SPAMASSASSIN, folder=tmp_path)
    assert {each.letter: each.score > 900 for each in verdicts} == {
        good.name: False,
        good.name.replace("service-outage", "spam"): True,
    }
    assert ["GTUBE" in each.rules for each in verdicts if each.score > 900] == [True]
