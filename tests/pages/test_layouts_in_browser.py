"""The layouts of letters in a real browser: no sideways scrolling on a phone, leftward writing, contrast, no images."""

from __future__ import annotations

import base64
import email
import email.policy
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
import pytest
from axe_playwright_python.sync_playwright import Axe
from browser import Visit
from formal_campaign import png
from playwright.sync_api import Page

from mass_apology.letter.letter_writer import Writer
from mass_apology.letter.template_files import shipped_templates
from mass_apology.model import Delivery
from mass_apology.settings import Campaign

pytestmark = pytest.mark.slow

Visiting = Callable[..., Visit]

LETTERS = {
    # For these tests only: nobody is to be written to with it.
    "ar": """Subject: اعتذار عن انقطاع {{ incident.service }}
Preheader: ما حدث وما فعلناه

{{ salutation }}

نعتذر. انقطعت خدمة {{ incident.service }} عن حسابك {{ customer.account }} لمدة {{ customer.minutes }} دقيقة،
ورقم الطلب {{ customer.order }}.

- أعدنا المبلغ {{ customer.amount }}.
- للأسئلة: [{{ incident.contact }}](mailto:{{ incident.contact }})

> لن نطلب منك شيئًا.

{{ sender.name }}
""",
    "fi": """Subject: Lentokonesuihkuturbiinimoottoriapumekaanikkoaliupseerioppilas
Preheader: Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft

{{ salutation }}

Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft pahoittelee:
epäjärjestelmällistyttämättömyydelläänsäkäänköhän {{ customer.account }}.

## Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetzesänderungsvorschlag

- lentokonesuihkuturbiinimoottoriapumekaanikkoaliupseerioppilaslentokonesuihkuturbiinimoottori
- <{{ incident.page }}>

| Kraftfahrzeughaftpflichtversicherungsgesellschaft | Rechtsschutzversicherungsgesellschaften |
|---|---|
| {{ customer.account }} | {{ customer.order }} |

    https://status.acme.example/{{ customer.account }}{{ customer.account }}{{ customer.account }}

![Kuva](cid:sign)

{{ sender.name }}
""",
}
CELLS = {
    "account": "ACME-2026-000000000000000000000000000000000042",
    "order": "A-17/b",
    "minutes": "192",
    "amount": "12.50 EUR",
    "position": "Elektrizitätsversorgungsunternehmensgeschäftsführungsassistentin",
    "company": "Bērziņš un dēli SIA",
    "street": "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbaustraße 1",
    "postcode": "LV-1010",
    "city": "Rīga",
    "country": "LV",
}
CAMPAIGN = {
    "name": "trial",
    "template": "sorry",
    "recipients": "affected.csv",
    "incident": {
        "service": "Acme API",
        "contact": "help@acme.example",
        "page": "https://status.acme.example/an/address/of/eighty/characters/without/a/hyphen/in/it/at/all",
    },
    "sender": {
        "from": "Anna Kowalska <anna@acme.example>",
        "company": "Acme",
        "phone": "+48 22 555 01 23",
        "url": "https://acme.example/an/address/of/eighty/characters/without/a/hyphen/in/it/anywhere",
    },
    "relay": {"url": "smtp+plain://127.0.0.1:25"},
    "message": {"images": {"sign": "wide.png"}},
    "letterhead": {"number": "MA-2026/{n:05d}"},
}
BRAND = {
    "logo": "wide.png",
    "colour": "#e0a800",
    "footer": "Siebentausendzweihundertvierundfünfzigmalige_Entschuldigungsschreibenversandgesellschaft",
    "legal_name": "Acme Elektrizitätsversorgungsunternehmensbeteiligungsgesellschaft",
    "registration_number": "0000123456",
    "vat_number": "PL5250000000",
    "address": ["ul. Prosta 1", "00-838 Warszawa"],
    "email": "office@acme.example",
}
PIXEL = base64.b64encode(png(1, 1)).decode()
LAYOUTS = ("plain", "branded", "letterhead")
PHONE = {"width": 320, "height": 640}
DESK = {"width": 900, "height": 800}


def _violations(page: Page) -> str:
    """What axe finds against WCAG 2.2 AA. Its rules of good practice are about pages: a letter is no landmark."""
    rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
    found = Axe().run(page, options={"resultTypes": ["violations"], "runOnly": {"type": "tag", "values": rules}})
    return "" if found.violations_count == 0 else str(found.generate_report())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("layouts")
    (made / "templates" / "sorry").mkdir(parents=True)
    for language, text in LETTERS.items():
        (made / "templates" / "sorry" / f"{language}.md").write_text(text, encoding="utf-8")
    (made / "wide.png").write_bytes(png(1200, 300, grey=0x40))
    return made


@pytest.fixture(scope="module")
def messages(folder: Path) -> Mapping[tuple[str, str], bytes]:
    """A message by language and layout."""
    return {(language, layout): _message(folder, language, layout) for layout in LAYOUTS for language in LETTERS}


def _message(folder: Path, language: str, layout: str, **brand: str) -> bytes:
    campaign = msgspec.convert(CAMPAIGN | {"layout": layout, "brand": BRAND | brand}, Campaign)
    directories = (folder / "templates", shipped_templates())
    writer = Writer(campaign, folder=folder, directories=directories, header=tuple(CELLS))
    delivery = Delivery(
        id=1,
        address="ann@customer.example",
        name="Ann O'Neil",
        language=language,
        time_zone="",
        lines="[2]",
        rows=json.dumps([CELLS]),
        message_id="<1@acme.example>",
        number=17,
    )
    assert writer.check([delivery]).findings == []
    return writer.write(delivery, date="Fri, 20 Nov 2026 09:12:00 +0000", eightbit=True).data


@pytest.fixture
def opened(visit: Visiting, folder: Path, messages: Mapping[tuple[str, str], bytes]) -> Callable[..., Page]:
    """Opens the letter that a message carries; its images, which are parts of the message, are put in place."""

    def open_letter(language: str, layout: str, *, images: bool = True, **how: object) -> Page:
        read = email.message_from_bytes(messages[language, layout], policy=email.policy.default)
        html = next(part for part in read.walk() if part.get_content_type() == "text/html").get_content()
        for part in read.walk():
            if name := (part["Content-ID"] or "").strip("<>"):
                data = base64.b64encode(part.get_content()).decode() if images else ""
                html = html.replace(f"cid:{name}", f"data:image/png;base64,{data}")
        assert "cid:" not in html
        path = folder / f"{language}-{layout}-{images}.html"
        path.write_text(html, encoding="utf-8")
        return visit(path, **how).page

    return open_letter


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("language", LETTERS)
def test_nothing_is_wider_than_a_phone_and_all_can_be_read(
    opened: Callable[..., Page], language: str, layout: str, scheme: str
) -> None:
    page = opened(language, layout, viewport=PHONE, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    sides = "[...document.body.querySelectorAll('td, p, li, img, a, h2')].map(each => each.getBoundingClientRect())"
    assert page.evaluate(f"Math.max(...{sides}.map(box => box.right))") <= PHONE["width"]
    assert page.evaluate(f"Math.min(...{sides}.map(box => box.left))") >= 0
    assert _violations(page) == ""


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_language_that_is_written_leftwards_begins_at_the_right(opened: Callable[..., Page], layout: str) -> None:
    page = opened("ar", layout, viewport=DESK)
    assert page.evaluate("[document.documentElement.lang, document.documentElement.dir]") == ["ar", "rtl"]
    paragraph = page.locator("p", has_text="نعتذر")
    assert paragraph.evaluate("each => getComputedStyle(each).direction") == "rtl"
    item = page.locator("li").first
    assert item.evaluate("each => parseFloat(getComputedStyle(each.parentElement).paddingRight)") >= 20
    quote = page.locator("blockquote").evaluate(
        "each => [getComputedStyle(each).borderRightWidth, getComputedStyle(each).borderLeftWidth]"
    )
    assert quote == ["3px", "0px"]
    values = paragraph.locator("bdi").all_inner_texts()
    assert values == ["Acme API", CELLS["account"], "192", "A-17/b"]


@pytest.mark.parametrize(("language", "left", "right"), [("fi", "113px", "57px"), ("ar", "57px", "113px")])
def test_a_letterhead_has_its_margins_where_letters_are_filed(
    opened: Callable[..., Page], language: str, left: str, right: str
) -> None:
    sheet = opened(language, "letterhead", viewport=DESK).locator(".sheet")
    style = "each => [getComputedStyle(each).paddingLeft, getComputedStyle(each).paddingRight]"
    assert sheet.evaluate(style) == [left, right]  # 3 cm and 1.5 cm at 96 pixels to the inch


@pytest.mark.parametrize("layout", ["branded", "letterhead"])
def test_without_images_a_letter_still_says_whose_it_is(opened: Callable[..., Page], layout: str) -> None:
    page = opened("fi", layout, images=False, viewport=DESK)
    logo = page.locator(".logo img")
    assert logo.get_attribute("alt") == "Acme"
    assert (logo.get_attribute("width"), logo.get_attribute("height")) == ("240", "60")
    assert BRAND["legal_name"] in page.locator("body").inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_logo_stands_on_white_and_the_band_in_the_brands_colour(opened: Callable[..., Page], scheme: str) -> None:
    page = opened("fi", "branded", viewport=DESK, color_scheme=scheme)
    colour = "each => getComputedStyle(each).backgroundColor"
    assert page.locator(".logo").evaluate(colour) == "rgb(255, 255, 255)"
    assert page.locator(".band").evaluate(colour) == "rgb(224, 168, 0)"


@pytest.mark.parametrize(("scheme", "width"), [("light", "240"), ("dark", "40")])
@pytest.mark.parametrize("layout", ["branded", "letterhead"])
def test_a_logo_for_dark_mode_is_seen_there_alone(
    visit: Visiting, folder: Path, layout: str, scheme: str, width: str
) -> None:
    (folder / "pale.png").write_bytes(png(40, 20, grey=0xE0))
    read = email.message_from_bytes(_message(folder, "fi", layout, logo_dark="pale.png"), policy=email.policy.default)
    html = next(part for part in read.walk() if part.get_content_type() == "text/html").get_content()
    path = folder / f"{layout}-{scheme}.html"
    path.write_text(re.sub(r'src="cid:[^"]*"', f'src="data:image/png;base64,{PIXEL}"', html), encoding="utf-8")
    page = visit(path, viewport=DESK, color_scheme=scheme).page
    seen = [each.get_attribute("width") for each in page.locator(".logo img").all() if each.is_visible()]
    assert seen == [width]
    assert _violations(page) == ""
