"""Recognises the topic of a refusal's text, in many servers' wordings and in several languages. Pure.

Codes alone cannot tell "you have sent enough for today" from "this mailbox is full": providers use 550, 552, 554 and
5.7.1 for both. Their sentences differ, but they are made of the same parts: a measure (limit, quota, credits), that it
is used up, a period, and whose it is. So the patterns look for these parts, in English and in some other languages of
mail servers, and for the names of mechanisms; a list of whole sentences would always miss the next provider's.

Patterns stand from the particular to the general, and the first that matches names the topic. What surely speaks of the
recipient's mailbox stands before limits in general, and what says "sending" or "per hour" before both.
"""

from __future__ import annotations

import functools
import re
from enum import StrEnum, auto

_LONGEST = 1000
"""Characters of a text that are examined: enough for some sentences."""


class Topic(StrEnum):
    """The topic of a refusal."""

    GREYLISTING = auto()
    RECIPIENT_CLOSED = auto()  # the recipient takes mail, but not from us
    RECIPIENT_RATE = auto()  # the recipient gets too much mail just now
    SESSION = auto()  # enough messages on this connection
    SIZE = auto()  # of the message
    SENDING_LIMIT = auto()  # what our account may send in a period is used up
    CONNECTIONS = auto()  # too many at a time
    RATE = auto()  # we are too fast
    MAILBOX_FULL = auto()
    LOOP = auto()  # the message goes round in circles
    RELAYING = auto()  # the server does not know us
    AUTHENTICATION = auto()  # of our domain or host: SPF, DKIM, DMARC, reverse DNS
    BLOCKED_HOST = auto()  # the address, host or domain that mail comes from has a bad name
    LIMIT = auto()  # some limit is reached, and nothing says whose
    SENDER = auto()  # our sender's address or domain is not verified, or not ours
    ACCOUNT = auto()  # our account is suspended, not activated, unpaid or in a trial
    NO_MAILBOX = auto()  # the recipient does not exist, or not any more
    BUSY = auto()  # the server has too much to do
    OURS = auto()  # something of ours, whatever may be wrong with it


# The parts that sentences are made of.

_LIMIT = (
    r"(?:(?:tages|stunden|versand)?limit(?:s|e|es|u|ation|ations)?|límites?|quotas?|thresholds?|allowances?|allotment|"
    r"maxim(?:um|a)|max|cap|credits?|balance|points|share|volume|funds|kontingent|number of)\b"
)
_REACHED = (
    r"(?:exceed(?:s|ed|ing)?|reach(?:ed|es|ing)?|hit|used(?: up)?|use[ds]? all|exhaust(?:ed|s)?|insufficient|depleted|"
    r"r[ua]n out|out of|surpass(?:ed|es)|consumed|no (?:more|remaining)|not enough|zero|over|met|spent|gone|"
    r"überschritten|erreicht|ausgeschöpft|aufgebraucht|verbraucht|dépassée?s?|atteinte?s?|épuisée?s?|"
    r"przekrocz\w+|osiągni\w+|wyczerpan\w+|alcanzad[oa]s?|superad[oa]s?|excedid[oa]s?|agotad[oa]s?|"
    r"superat[oaie]|raggiunt[oaie]|esaurit[oaie])"
)
_USED_UP = rf"(?:\b{_LIMIT}.{{0,80}}\b{_REACHED}\b|\b{_REACHED}\b.{{0,80}}\b{_LIMIT})"
_MAILS = (
    r"(?:e-?mails?|mails?|mailings?|messages?|letters?|sends?|recipients?|rcpts?|requests?|posts|submissions?|"
    r"deliveries|nachrichten|empfänger|wiadomości|mensajes|correos)"
)
_UNIT = (
    r"(?:hours?|hrs?|h|days?|d|weeks?|months?|stunde|tag|monat|heure|jour|mois|godzin[ęay]?|dob[ęay]|dzień|"
    r"hora|día|mes|(?:sending|billing) (?:period|window|cycle))"
)
_SHORT_UNIT = r"(?:s|secs?|seconds?|mins?|minutes?|sekunde|minute|minutę|minuto)"
_PER = r"(?:per|an?|each|every|this|last|past|one|pro|par|na|por)"
_PERIOD = (
    r"(?:\b(?:dail|hourl|weekl|monthl)y\b|\b24[- ]?(?:hours?|hrs?|h)\b|\btoday\b|\btomorrow\b|\bheute\b|"
    r"\btäglich\w*|\b(?:tages|stunden|monats)\w+|\bquotidien\w*|\bdzienn\w+|\bdiari[oa]\w*|\bgiornalier\w*|"
    r"\bfor the (?:day|hour|week|month)\b|"
    rf"\b{_PER} (?:(?:last|past|the|one) )?(?:\d+ ?)?{_UNIT}\b|\w ?/ ?(?:\d+ ?)?{_UNIT}\b|"
    r"\b\d+ ?(?:hours|days|months)\b)"
)
_SHORT_PERIOD = rf"(?:\b{_PER} (?:\d+ ?)?{_SHORT_UNIT}\b|/ ?(?:\d+ ?)?(?:s|sec|min)\b)"
_COUNT = (
    r"(?:only|max\.?|maximum(?: of)?|limit(?:ed)?(?: of| to| is)?|no more than|more than|at most|allows?) \d+ .{0,40}"
)
_WE_SEND = r"(?:outgoing|outbound|sending|send|relay|relaying|submission|smtp|sender|customer|tenant|messaging)"
_OURS = (
    r"(?:\byou(?:'ve|'re|r|rs)?\b|\bsend(?:s|ing|er|ers)?\b|\boutgoing\b|\boutbound\b|\brelay\w*|\bclient\b|\bcustomer\b|"
    r"\btenant\b|\borgani[sz]ation\b|\bsubscription\b|\bplan\b|\bcredits?\b|\bsmtp\b|\bapi\b|\bversand|\bwysył\w+|\benvío)"
)
_TRIED = r"(?:account|user|address) (?:that )?you(?:'re| are| have)? (?:tried|trying|attempted)"
_SPACE = r"(?:mail ?box|in ?box|mail ?dir|mail ?folder|mail ?drop|mail ?file|postfach|bo[iî]te|skrzynka|buz[oó]n)"
_BOX = rf"(?:{_SPACE}|recipient(?! limit| rate| quota)|addressee|{_TRIED}|empfänger|destinataire)"
_STORE = rf"(?:{_SPACE}|dis[ck]|storage|spool|user ?disk|domain ?disk|speicher\w*)"
_FULL = r"(?:full|over ?quota|out of (?:storage|space|disk)|exceed\w*|pleine?|voll|pełna|przepełnion\w+|llen[oa])"
_THIS = r"(?:this|the|that|their|his|her)"
_TO_RECIPIENT = rf"(?:to|for) {_THIS} (?:\w+ )?(?:recipient|group|list|mailing|user|mailbox|address|alias|distribution)"
_NOT = r"(?:not|n't|never)(?: yet| been| currently| properly)*"
_ALLOWED = r"(?:allowed|permitted|authori[sz]ed|entitled|approved|enabled)"
_UNUSABLE = (
    r"(?:suspended|disabled|deactivated|terminated|blocked|locked|banned|restricted|inactive|expired|ended|paused|"
    r"on hold|under (?:review|validation)|frozen|closed|cancell?ed|unpaid|overdue|compromised|revoked|limited|"
    rf"{_NOT} (?:active|activated|verified|confirmed|paid|{_ALLOWED})|"
    r"gesperrt|deaktiviert|suspendue?|bloquée?|désactivée?|zablokowan\w+|zawieszon\w+|suspendid[oa]|bloquead[oa])"
)
_BEING = r"(?:(?:is|has|are|was|have|been|being|currently|temporarily|permanently|est|ist|jest|wurde|está|in|a|on) )*"
_SENDER = r"(?:from|sender|senders|sending|domain|identit(?:y|ies)|e-?mail address|envelope|return[- ]path)"
_PROVEN = (
    r"(?:verified|validated|confirmed|authenticated|registered|owned|associated|configured|set ?up|linked|valid|"
    rf"{_ALLOWED})"
)
_OUR_HOST = r"(?:your|sending|client|source|connecting|this|the) (?:\w+ )?(?:ip|host|server|network|mta)\b"
_ENDED = r"(?:disabled|inactive|deactivated|suspended|discontinued|expired|moved|no longer|closed)"

_PATTERNS: tuple[tuple[Topic, tuple[str, ...]], ...] = (
    (Topic.GREYLISTING, (r"gr[ea]y[- ]?list",)),
    (
        Topic.RECIPIENT_CLOSED,
        (
            r"resolver\.rst(?!.*siz)|banned recipient|only accepts? (?:mail|messages) from",
            rf"(?:{_ALLOWED}|permission|allow you) to (?:send|post|mail|write)\w*(?: \w+)? {_TO_RECIPIENT}",
            r"(?:blocked|rejected|refused|banned|black ?listed|block ?listed) by (?:the )?(?:recipient|user|addressee)",
            r"does not accept mail from (?:you|this|external|outside)",
            r"\b(?:recipient|user|addressee)\b.{0,30}\b(?:refuses|has blocked|blocks|rejects)\b",
        ),
    ),
    (
        Topic.RECIPIENT_RATE,
        (
            r"receiving (?:\w+ )?(?:at a rate|too (?:quickly|fast|often|much|many))",
            r"\breceiv(?:e|ing)(?:-|ing | )(?:rate|limit|quota)|in(?:coming|bound) (?:\w+ )?(?:rate|limit|quota)",
            rf"\b{_BOX}\b.{{0,80}}\b(?:can|may|allowed to|able to) receive|recipient's per (?:hour|day|minute)",
            rf"^(?!.*\b(?:send\w*|sent|outgoing|outbound|relay)\b).*\b{_BOX}(?:'s)? (?:\w+ )?(?:has |have |is |was )?"
            rf"(?:exceed\w*|over|reached)\b.{{0,60}}{_PERIOD}",
            rf"too (?:much|many) {_MAILS} (?:for|to|sent to) {_THIS} (?:recipient|user|mailbox|address|inbox)",
        ),
    ),
    (Topic.NO_MAILBOX, (rf"{_TRIED}.{{0,40}}\b(?:{_ENDED}|(?:does|do)(?: not|n't) exist)",)),
    (
        Topic.SESSION,
        (
            rf"(?:message count|{_MAILS}) (?:per|in (?:this|one|a single)|for this|on (?:this|one)|during this) "
            r"(?:\w+ )?(?:connection|session)",
        ),
    ),
    (
        Topic.SIZE,
        (
            r"(?<!mailbox )(?<!inbox )(?<!disk )(?:message|e?-?mail|content|body|attachments?|header|letter) "
            r"(?:\w+ ){0,2}(?:size|too (?:large|big|long)|length)",
            r"size (?:of (?:the |your )?(?:message|e-?mail|mail) )?(?:exceeds|is larger)|recip\w*siz",
            r"(?:fixed|maximum|message|allowed) (?!mailbox|inbox)(?:\w+ )?size\b",
            r"\b(?:message|e?-?mail).{0,40}\btoo (?:large|big)",
            r"nachricht (?:ist )?zu groß|message trop (?:gros|volumineux)",
        ),
    ),
    (
        Topic.RATE,
        (r"peak smtp|\b(?:sending|submission|message|mail) rate\b|\b(?:sending|mails?) (?:\w+ )*too (?:fast|quickly)",),
    ),
    (
        Topic.SENDING_LIMIT,
        (
            r"storedrv\.submission\S*quota|submissionquota|unusual sending activity",
            rf"(?:used|sent) \d+ ?(?:of|/|out of) ?(?:your )?\d+|\b{_COUNT}{_PERIOD}",
            rf"\b\d+ ?(?:of|/|out of) ?\d+ {_MAILS}|\buse[ds]? (?:up )?(?:all )?(?:of )?your .{{0,30}}{_MAILS}",
            rf"too many {_MAILS}.{{0,40}}{_PERIOD}|\b{_REACHED}\b.{{0,40}}\b{_MAILS}.{{0,20}}{_PERIOD}",
            rf"{_USED_UP}.{{0,120}}{_PERIOD}|{_PERIOD}.{{0,120}}{_USED_UP}",
            rf"\b{_REACHED}\b.{{0,60}}{_PERIOD}.{{0,60}}\b{_LIMIT}",
            rf"\b{_LIMIT}.{{0,60}}{_PERIOD}.{{0,60}}\b{_REACHED}\b",
            rf"\b{_MAILS}\b.{{0,25}}{_PERIOD}.{{0,40}}\b{_REACHED}\b",
            rf"\b{_WE_SEND} (?:\w+ ){{0,2}}(?:limit|quota|allowance|threshold)s?\b.{{0,60}}\b{_REACHED}\b",
            rf"\b{_REACHED}\b.{{0,60}}\b{_WE_SEND} (?:\w+ ){{0,2}}(?:limit|quota|allowance|threshold)s?\b",
            rf"\bsent (?:its|the|their|your|all) .{{0,20}}\b{_LIMIT}",
            r"\bno (?:more|remaining) (?:e-?mails?|mails?|messages?|sends?)\b",
            r"\bno (?:e-?mails?|mails?|messages?|sends?) (?:left|remaining)|\bsends? (?:are |is )?exhausted",
            rf"\bcredits? .{{0,20}}\b{_REACHED}\b|\b{_REACHED}\b.{{0,20}}\bcredits?\b|\bno credits?\b",
        ),
    ),
    (
        Topic.CONNECTIONS,
        (
            r"too many (?:open |concurrent |simultaneous |parallel |active |smtp )*(?:connection|session|thread)s?",
            r"(?:concurrent|simultaneous|parallel) (?:\w+ )?(?:connection|session)s?",
            r"(?:thread|connection) (?:count )?limit",
            r"trop de connexions|zu viele (?:gleichzeitige )?verbindungen|demasiadas conexiones",
        ),
    ),
    (
        Topic.RATE,
        (
            r"throttl|rate[- ]?(?:limit|control)|over ?limit|\brate\b.{0,30}(?:exceed|too high|reached)",
            r"(?:exceed|maximum|unusual|high)\w* .{0,30}\brate\b",
            rf"{_USED_UP}.{{0,120}}{_SHORT_PERIOD}|{_SHORT_PERIOD}.{{0,120}}{_USED_UP}|\b{_COUNT}{_SHORT_PERIOD}",
            r"too much (?:mail|e-?mail|traffic|volume)|\btoo (?:fast|quickly|rapidly|frequent)|slow(?:er)? down|slower",
            r"too many (?:outgoing |outbound )?(?:messages?|e-?mails?|mails?|requests|commands|deliveries)",
            r"too many (?:recipients from|auth|new tls)",
            rf"\b{_REACHED}\b.{{0,40}}\b{_MAILS}.{{0,20}}{_SHORT_PERIOD}|volume limit",
            r"unexpected volume|unusual (?:volume|amount|traffic)|(?:sending|mail) (?:\w+ )?too (?:many|much)",
            r"zu (?:schnell|viele (?:nachrichten|mails|e-mails))|trop de (?:messages|mails|requêtes)",
        ),
    ),
    (
        Topic.MAILBOX_FULL,
        (
            rf"storedrv\.deliver\S*quota|\b(?:{_BOX}|{_STORE})\b.{{0,60}}\b{_FULL}\b|\bfull {_BOX}",
            rf"\b{_STORE}(?:'s)? (?:\w+ )?(?:quota|allocation|limit|capacity)",
            rf"\b{_BOX}\b.{{0,40}}\b(?:reached|over|at) (?:its|the|their) (?:\w+ )?limit",
            rf"(?:exceed\w*|over) (?:\w+ ){{0,2}}{_STORE}(?: space)? (?:quota|limit|allocation)",
            r"(?:not enough|insufficient|no) (?:\w+ )?(?:storage space|disk space|space (?:left|in|on|for))",
            r"space (?:has been|is) (?:used up|exhausted)|too many messages (?:on|in) (?:the )?(?:server|mailbox)",
            r"over (?:(?:the|its|their|his|her|your|allowed|dis[ck]|storage|mail|temporarily) )*quota|overquota",
            r"quota (?:exceeded|violation|full)|exceed\w* (?:(?:the|its|their|his|her|mail|allocated|allowed) )*quota",
        ),
    ),
    (Topic.LOOP, (r"\bhops?\b|\bloop(?:s|ing)?\b|message depth",)),
    (Topic.SENDING_LIMIT, (rf"^(?=.*{_OURS}).*{_USED_UP}",)),
    (Topic.LIMIT, (_USED_UP, r"quotaexceeded")),
    (
        Topic.RELAYING,
        (
            r"relay(?:ing)? (?:access |to \S+ |mail )?(?:is )?(?:denied|disallowed|prohibited|forbidden)",
            rf"relay(?:ing)? (?:to \S+ )?(?:is )?{_NOT} {_ALLOWED}",
            rf"(?:unable|{_NOT} {_ALLOWED}) to relay|do(?:es)? not relay|allowed rcpthosts",
            r"(?:client host|helo command|ehlo|client) rejected|must (?:first )?(?:authenticate|log ?in|issue)",
            r"(?:smtp )?auth(?:entication)? (?:is )?required|(?:was )?not authenticated",
            rf"{_NOT} {_ALLOWED} to (?:connect|use this (?:server|relay|service))|\bip\b.{{0,20}}\b{_NOT} {_ALLOWED}",
            r"\b(?:ip|host|client)\b.{0,40}not (?:in|on) (?:the |our |your )?(?:\w+ )?(?:list|white|allow)",
        ),
    ),
    (
        Topic.AUTHENTICATION,
        (r"\b(?:spf|dkim|dmarc)\b|reverse (?:dns|hostname|lookup)|\bptr\b|\brdns\b|dns mx or",),
    ),
    (
        Topic.BLOCKED_HOST,
        (
            r"sender (?:address|domain).{0,40}(?:blocked using|\blisted)",
            r"^(?!.*(?:uribl|surbl|\bdbl\b|\burl\b|\blinks?\b)).*(?:block(?:ed)?[- ]?list|black[- ]?list|\brbls?\b|"
            r"dnsbl|blocked using|\blisted (?:at|in|on|by)\b|spamhaus|spamcop|sorbs|barracudacentral)",
            r"reputation|banned send|traffic not accepted|spam abuse|access to .{0,60}(?:rejected|denied) due to",
            rf"\b{_OUR_HOST}.{{0,60}}\b(?:block|reject|bann|refus|deni|not (?:allowed|accepted|permitted|welcome))",
            r"\bip (?:address )?(?:\S+ )?.{0,20}\b(?:blocked|banned|rejected|denied)\b",
            r"messages? from .{0,40}(?:weren't|were not) sent",
            r"(?:mail|connections?) (?:not accepted |will not be accepted )?from \S* ?(?:not accepted|refused|blocked)",
        ),
    ),
    (
        Topic.SENDER,
        (
            r"sender address rejected|sender (?:verify|verification) fail|domain of sender",
            r"sender (?:\w+ )?(?:rejected|denied|refused|blocked|unknown)|unauthenticated sender",
            r"(?:unauthori[sz]ed|invalid) sender|sender is not allowed|(?:verified|allowed|authori[sz]ed) senders",
            rf"\b{_SENDER}\b.{{0,40}}\bmust match|only (?:verified|authori[sz]ed|authenticated) (?:domains|addresses)",
            r"send(?:ing)? ?as ?(?:is )?(?:denied|not)|not owned by|sender signature|verify your|validate your",
            r"^(?!.*recipient address rejected).*\b(?:unverified|unconfirmed|unregistered|unconfigured)\b",
            rf"^(?!.*recipient address rejected).*\b{_SENDER}\b.{{0,80}}\b(?:{_NOT}|hasn't been) (?:a |an )?{_PROVEN}",
            r"(?:domain|sender|from|address)\b.{0,60}\b(?:must be|needs to be|has to be|should be) "
            r"(?:verified|validated|confirmed|registered)",
            rf"{_NOT} (?:{_ALLOWED}|have permission) to (?:send|use|relay)(?: \w+){{0,3}} (?:as|from|on behalf)\b",
            r"(?:does not|doesn't) (?:match|belong to|own).{0,40}(?:account|user|sender|domain|login|identity)",
        ),
    ),
    (
        Topic.ACCOUNT,
        (
            r"\b(?:your|our|votre|ihr|twoje|su) (?!message\b|mail\b|e-?mail\b|letter)(?:[\w-]+ ){1,4}?"
            rf"{_BEING}{_UNUSABLE}",
            rf"\b(?:account|subscription|service|smtp|plan|license|tenant)\b.{{0,60}}\b{_UNUSABLE}.{{0,120}}"
            r"(?:contact|support|billing|payment|invoice|upgrade|re-?activate|re-?enable|log ?in|dashboard|panel)",
            rf"\b(?:sending|smtp|outgoing|outbound|relay|submission|tenant|sender) (?:[\w-]+ ){{0,6}}{_UNUSABLE}",
            r"\byou(?:'re| are| have been| were|'ve been)? (?:\w+ )?(?:suspended|blocked|banned|disabled|restricted)",
            rf"\byou(?:'re| are) {_NOT} (?:activated|verified|{_ALLOWED}) (?:to (?:send|use|mail)|yet)",
            r"too many (?:bounces|complaints)|(?:bounce|complaint|spam) (?:rate|limit)|service suspended",
            r"\b(?:your|this) (?:package|plan|subscription|account|licen[cs]e|service) (?:does|can)(?: not|n't|not)",
            r"upgrade required",
            r"outboundspam|storedrv\.submission|bad outbound sender|client blocked|for non-?payment",
            r"\bunpaid\b|past[- ]due|overdue|payment (?:required|failed|method|is due|pending)|\bbilling\b|\binvoice\b",
            r"\btrial\b|free (?:plan|tier|account)|upgrade (?:your|the|to)|\bsandbox|\btest(?:ing)? mode",
            r"(?:pending|awaiting) (?:approval|review|activation|verification)|activation (?:required|pending)",
            rf"\b(?:account|smtp|service|relay)\b.{{0,40}}\b{_NOT} (?:activated|active|enabled|approved|verified|paid)",
            rf"\baccount\b.{{0,40}}\b{_UNUSABLE}.{{0,10}}\b(?:to|from|for) send",
            r"(?:activate|complete|confirm) your|\bno (?:active|valid) (?:subscription|plan|licen[cs]e)",
        ),
    ),
    (
        Topic.NO_MAILBOX,
        (
            r"no such (?:\w+ )?(?:user|mailbox|recipient|person|address|account|alias|customer|local)|\bno mailbox",
            r"unknown (?:user|recipient|mailbox|address|account|local|alias)|unroute?able|undeliverable address",
            r"\b(?:user|mailbox|recipient|address|alias)\b.{0,60}\b(?:unknown|not (?:found|known|exist|here)|invalid|"
            rf"(?:does|do)(?: not|n't) exist|unavailable|undeliverable|rejected|{_ENDED})",
            r"\baccount (?:is )?(?:unknown|not found|(?:does|do)(?: not|n't) exist)",
            r"(?:doesn't|does not) have an? (?:\S+ )?account|invalid (?:recipient|mailbox|address|user)",
            r"(?:empfänger|benutzer|postfach) (?:unbekannt|existiert nicht)|unbekannter (?:empfänger|benutzer)",
            r"(?:utilisateur|destinataire|adresse) inconnue?|nieznany (?:odbiorca|użytkownik)|usuario desconocido",
        ),
    ),
    (
        Topic.BUSY,
        (
            r"\bbusy\b|(?:server|system|service|mta|host|relay|we are|we're)\b.{0,30}\b(?:overload\w*|congested)",
            r"(?:high|heavy|excessive) (?:load|volume|traffic)|load (?:average )?(?:is )?(?:too high|high)",
            r"service (?:is |currently |temporarily |not )*(?:un)?available|insufficient system resources",
            r"resources? (?:temporarily|exceeded|unavailable)",
        ),
    ),
    (
        Topic.OURS,
        (
            r"\byour (?:[\w-]+ )?(?:account|plan|package|subscription|domain|ip|server|host|network|limit|quota|tenant|"
            r"organi[sz]ation|licen[cs]e|credits?|usage|sending|sender)\b",
        ),
    ),
)
_COMPILED = tuple((topic, re.compile("|".join(patterns))) for topic, patterns in _PATTERNS)

_ADDRESSES = re.compile(r"<[^<>]*>|[^\s<>()\[\],;:\"']+@[^\s<>()\[\],;:\"']+")
_LINKS = re.compile(r"https?://\S+")
_BLOCK_LISTS = re.compile(r"spamhaus|spamcop|sorbs|barracudacentral|dnsbl|\brbl")
_BLANKS = re.compile(r"[\s_]+")


@functools.lru_cache(maxsize=256)  # the same few sentences come again and again
def topic(text: str) -> Topic | None:
    """What a refusal's text speaks of, as far as it says so; addresses and links in it are not read."""
    plain = _plain(text)
    return next((found for found, pattern in _COMPILED if pattern.search(plain)), None)


def _plain(text: str) -> str:
    """The words in lower case, with single blanks and straight apostrophes, without addresses and links."""
    lower = text[:_LONGEST].lower().replace("’", "'")
    without = _LINKS.sub(lambda link: "dnsbl" if _BLOCK_LISTS.search(link[0]) else " ", _ADDRESSES.sub(" ", lower))
    return _BLANKS.sub(" ", without).strip()
