"""How subjects begin: what gateways and mail programs put before them, and what programs write that answer for people.

The words of languages that have a file in ``languages`` stand there; those of all others stand here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from mass_apology.languages import SHIPPED

_LONGEST = 300  # characters of a subject that are looked at
_TAGS = 5  # before a subject

OTHERS_REPLY_PREFIXES: Mapping[str, str] = MappingProxyType(
    {
        "": "i | r | rif",  # Outlook's and Lotus Notes' in Italian
        "ar": "رد | إعادة توجيه | ردّ",
        "bg": "отг | на | препр",
        "ca": "res | rv",
        "cs": "odp | přeposlat",
        "cy": "atb | yml",
        "da": "sv | vs | vb",
        "fi": "vs | vl | ts",
        "he": "השב | תגובה | הועבר | תשובה",
        "hr": "odg | odgovor | proslj | posr",
        "hu": "vá | válasz | továbbítás | továbbítva | tovább",
        "id": "bls | balas | trs | teruskan",
        "is": "sv | fs | svar",
        "ja": "返信 | 転送",
        "ko": "답장 | 회신 | 전달",
        "lt": "ats | atsakymas | persiųsta | persiuntimas",
        "mk": "одг",
        "nl": "antw | doorst | betr",
        "no": "sv | vs | svar",
        "pt": "res | enc | resp",
        "ro": "ras | răsp | redir",
        "sk": "odp | preposl",
        "sl": "odg | sl | posr",
        "sr": "одг | odg",
        "sv": "sv | vb | svar",
        "th": "ตอบ | ตอบกลับ | ส่งต่อ",
        "tr": "ynt | yan | i̇lt | ilt | ileti",
        "uk": "відп | відповідь | пересл",
        "vi": "tl | trả lời | ct | chuyển tiếp",
        "zh": "回复 | 答复 | 回覆 | 回信 | 答覆 | 转发 | 轉寄 | 轉發",
    }
)
"""How mail programs mark a subject as answered or forwarded, by language; alternatives stand between ` | `."""

OTHERS_AWAY: Mapping[str, str] = MappingProxyType(
    {
        "af": "outomatiese antwoord | buite kantoor",
        "ar": "رد تلقائي | الرد التلقائي | الرد الآلي | رد آلي | خارج المكتب",
        "az": "avtomatik cavab",
        "be": "аўтаматычны адказ | аўтаадказ",
        "bg": "автоматичен отговор | извън офиса",
        "bn": "স্বয়ংক্রিয় উত্তর",
        "bs": "automatski odgovor | van ureda",
        "ca": "resposta automàtica | fora de l'oficina",
        "cs": "automatická odpově | mimo kancelář | nepřítomnost",
        "cy": "ateb awtomatig | allan o'r swyddfa",
        "da": "automatisk svar | autosvar | ikke på kontoret | fraværsmeddelelse | fraværsbesked",
        "eu": "erantzun automatikoa",
        "fa": "پاسخ خودکار",
        "fi": "automaattinen (?:vastaus|poissaoloilmoitus) | poissaoloilmoitus | poissa toimistosta",
        "ga": "freagra uathoibríoch",
        "gl": "resposta automática | fóra da oficina",
        "he": "תשובה אוטומטית | מענה אוטומטי | מחוץ למשרד",
        "hi": "स्वचालित उत्तर | स्वचालित जवाब | कार्यालय से बाहर",
        "hr": "automatski odgovor | izvan ureda",
        "hu": "automatikus (?:válasz|üzenet) | házon kívül",
        "hy": "ավտոմատ պատասխան",
        "id": "balasan otomatis | jawaban otomatis | di luar kantor",
        "is": "sjálfvirkt svar | sjálfvirk svörun",
        "it": r"risposta automatica | risponditore automatico | fuori (?:sede|ufficio) | assenza dall['’]ufficio",
        "ja": "自動(?:応答|返信|回答) | 不在(?:通知|連絡|のお知らせ)",
        "ka": "ავტომატური პასუხი",
        "kk": "автоматты жауап",
        "ko": "자동 ?(?:회신|응답|답장) | 부재 ?중",
        "lb": "automatesch äntwert",
        "lt": "automatinis (?:atsakymas|atsakas) | ne biure | nesu biure",
        "mk": "автоматски одговор",
        "mn": "автомат хариу",
        "ms": "balasan automatik | jawapan automatik | di luar pejabat",
        "mt": "tweġiba awtomatika",
        "nl": "automatisch (?:antwoord|bericht) | automatische (?:beantwoording|reactie)"
        " | afwezigheids?(?:bericht|melding)? | afwezig | niet (?:op|in het) kantoor | buiten kantoor",
        "no": "automatisk svar | fraværsmelding | fraværsassistent | ikke på kontoret",
        "pt": "resposta autom[áa]tica | fora do escrit[óo]rio | mensagem autom[áa]tica | ausência tempor[áa]ria"
        " | ausente do escrit[óo]rio",
        "ro": "r[ăa]spuns automat | în afara biroului",
        "sk": "automatická odpoveď | automatická odpoved | mimo kancelárie | neprítomnosť",
        "sl": "samodejni odgovor | avtomatski odgovor | odsotnost",
        "sq": "përgjigje automatike",
        "sr": "аутоматски одговор | automatski odgovor | ван канцеларије",
        "sv": "autosvar | automatiskt? svar | frånvaro(?:meddelande|besked)? | ej på kontoret | inte på kontoret",
        "sw": "jibu la kiotomatiki",
        "ta": "தானியங்கு பதில்",
        "th": "(?:การ)?ตอบ(?:กลับ|รับ)?อัตโนมัติ | ไม่อยู่ที่สำนักงาน",
        "tl": "awtomatikong tugon",
        "tr": "otomatik (?:yanıt|cevap|yanit) | ofis dışında",
        "uk": "автоматична відповідь | автовідповідь | поза офісом | не в офісі",
        "ur": "خودکار جواب",
        "uz": "avtomatik javob",
        "vi": "trả lời tự động | thư trả lời tự động | vắng mặt",
        "zh": "自动(?:回复|答复|应答) | 自動(?:回覆|回復|答覆|回應) | 不在办公室 | 外出(?:自动)?(?:回复|通知)",
    }
)
"""How vacation programs and mail servers begin the subject of an automatic answer: regular expressions, by language."""

# What may follow those words with a blank alone: who is away until when, and what is answered. Anything else goes on
# with a sentence, and that is a person's: "Out of office is not enough!"
_GOES_ON = """
    until till til through from to re auto bis vom von ab jusqu au du hasta desde fino dal dall até tot van från t.o.m
    fra do od až kuni līdz no iki nuo până din до с по від μέχρι από έως hingga sampai mulai dari
"""


def _alternatives(tables: Iterable[str]) -> Iterator[str]:
    return (phrase.strip() for table in tables for phrase in table.split(" | "))


def _any(phrases: Iterable[str]) -> str:
    return f"(?:{'|'.join(dict.fromkeys(phrases))})"


_PREFIX = _any(
    (
        *map(re.escape, _alternatives(OTHERS_REPLY_PREFIXES.values())),
        *(re.escape(prefix) for each in SHIPPED for prefix in each.reading.reply_prefixes),
    )
)
_ANSWERED = re.compile(rf"{_PREFIX}[\s.]?(?:\[\d{{1,4}}\]|\(\d{{1,4}}\)|[\^*-]?\d{{1,4}})?\s{{0,3}}[:：﹕]", re.I)
_AWAY = re.compile(
    r"[\s\[({<*\"'«„“‚#!-]{0,10}"
    + _any(
        (
            *_alternatives(OTHERS_AWAY.values()),
            *(phrase for each in SHIPPED for phrase in each.reading.away),
        )
    )
    + r"\w{0,12}"
    + rf"(?:(?<=[:：])|\s*(?:$|[^\w\s'’?])|\s+(?:\d|{_any(map(re.escape, _GOES_ON.split()))}\b)|(?<=[\u0e00-\uffff]))",
    re.I,
)
_TAG = re.compile(
    r"\s*(?:\[[^\[\]]{1,80}\]|\([^()]{1,30}\)|\{[^{}]{1,30}\}|<[^<>]{1,30}>|[*#!_=~]{1,12}[^*#!_=~:：]{1,30}[*#!_=~]{1,12}"
    r"|(?:ext(?:ern(?:al|e[rs]?)?)?(?: e?-?mail)?|(?:possible |probable |suspected )?spam|junk|bulk|caution|warning)"
    r"\s?[:：-])[\s:-]*",
    re.I,
)


def has_reply_prefix(subject: str) -> bool:
    """Whether a person's mail client has marked the subject as a reply or as forwarded, in whichever language."""
    return any(_ANSWERED.match(rest) for rest in _beginnings(subject))


def is_away_subject(subject: str) -> bool:
    """Whether the subject is one that a program writes which answers for a person."""
    return any(_AWAY.match(rest) for rest in _beginnings(subject))


def _beginnings(subject: str) -> Iterator[str]:
    """The subject, and what is left of it without the tags of gateways and lists: "[EXT] ***SPAM*** Re: x"."""
    rest = _plain(subject)
    yield rest
    for _ in range(_TAGS):
        tag = _TAG.match(rest)
        if not tag:
            return
        rest = rest[tag.end() :]
        yield rest


def _plain(subject: str) -> str:
    """The beginning of a subject in one form of Unicode, without marks of direction and other invisible characters."""
    subject = subject[:_LONGEST].strip()
    if subject.isascii():
        return subject
    composed = unicodedata.normalize("NFC", subject)
    return "".join(character for character in composed if unicodedata.category(character) != "Cf").strip()
