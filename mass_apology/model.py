"""The domain's words as types: statuses and their legal transitions, recipients, messages, replies, findings.

Times are Unix seconds (UTC) as ``float``; every type is frozen, and a change is ``msgspec.structs.replace``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import Enum, StrEnum, auto
from types import MappingProxyType

from msgspec import Struct, defstruct, field
from msgspec.json import Decoder

FIRST_WAVE = "first"
"""The name of the wave that every campaign begins with."""


class Status(StrEnum):
    """Where one delivery stands. It is in exactly one status at every moment, a crash included."""

    PLANNED = "PLANNED"  # durable before anything is sent; due
    DEFERRED = "DEFERRED"  # a temporary failure with no letter handed over; due again at ``due_at``
    HANDING_OVER = "HANDING_OVER"  # durable before the final dot is written; after a crash it becomes IN_DOUBT
    ACCEPTED = "ACCEPTED"  # the relay answered 2xx to the dot; it is not "delivered"
    REFUSED = "REFUSED"  # a permanent failure that is about this recipient
    IN_DOUBT = "IN_DOUBT"  # handed over and no reply known; never sent again without a person's word
    EXPIRED = "EXPIRED"  # gave up at the deadline
    WITHHELD = "WITHHELD"  # never tried: a bad row, suppressed, or stopped by a person
    BOUNCED = "BOUNCED"  # accepted, and reported undeliverable later
    COMPLAINED = "COMPLAINED"  # accepted, and reported as abuse later


TRANSITIONS: Mapping[Status, frozenset[Status]] = MappingProxyType(
    {
        Status.PLANNED: frozenset(
            {Status.HANDING_OVER, Status.DEFERRED, Status.REFUSED, Status.EXPIRED, Status.WITHHELD}
        ),
        Status.DEFERRED: frozenset(
            {Status.HANDING_OVER, Status.DEFERRED, Status.REFUSED, Status.EXPIRED, Status.WITHHELD}
        ),
        Status.HANDING_OVER: frozenset(
            {Status.ACCEPTED, Status.DEFERRED, Status.REFUSED, Status.EXPIRED, Status.IN_DOUBT}
        ),
        # DEFERRED from IN_DOUBT is the explicit, recorded --resend-in-doubt; the others are what a late report proves.
        Status.IN_DOUBT: frozenset({Status.ACCEPTED, Status.DEFERRED, Status.BOUNCED, Status.COMPLAINED}),
        Status.ACCEPTED: frozenset({Status.BOUNCED, Status.COMPLAINED}),
        # A refusal is taken back where it was about us after all, or by a person with the explicit, recorded ``retry``.
        Status.REFUSED: frozenset({Status.DEFERRED}),
        # A ledger that was set back learns from the log that the letter left all the same.
        Status.EXPIRED: frozenset({Status.DEFERRED}),
        Status.WITHHELD: frozenset(),
        Status.BOUNCED: frozenset(),
        Status.COMPLAINED: frozenset(),
    }
)

DUE = frozenset({Status.PLANNED, Status.DEFERRED})
"""The statuses ``send`` still works on."""

REACHED = frozenset({Status.ACCEPTED, Status.COMPLAINED})
"""The relay took the letter, and it is not known to have come back."""

NOT_REACHED = frozenset({Status.REFUSED, Status.EXPIRED, Status.BOUNCED, Status.WITHHELD})
"""The letter is over, and reached nobody."""


class Phase(StrEnum):
    """Where in the SMTP conversation something happened (RFC 5321 §3, in order)."""

    CONNECT = auto()
    GREETING = auto()
    EHLO = auto()
    TLS = auto()
    AUTH = auto()
    MAIL = auto()
    RCPT = auto()
    DATA = auto()
    CONTENT = auto()  # after 354, before the final dot
    DOT = auto()  # the final dot was written: from here on the relay may have the message


class Reply(Struct, frozen=True, kw_only=True):
    """What the relay said (RFC 5321 §4.2)."""

    code: int  # 200 to 599
    enhanced: str | None = None  # "5.1.1" (RFC 2034), where the relay gave one
    text: str = ""  # the lines after the codes, joined by one space, printable

    @property
    def positive(self) -> bool:
        return 200 <= self.code <= 299


class NoReply(Enum):
    """Why a transaction ended without a reply that could be judged. The value is the text of a ``Problem``."""

    CLOSED = "connection closed"
    SILENT = "no reply within {}"  # "300 s"
    STALLED = "nothing could be written for {}"  # "300 s"
    NONSENSE = "not an SMTP reply: {}"  # the line
    UNEXPECTED = "not an answer to {}"  # the command and the reply: "DATA: 250 ok"
    UNASKED = "a reply nobody asked for: {}"  # the reply
    INTERRUPTED = "the sending was interrupted"
    NEEDS_SMTPUTF8 = "the address needs SMTPUTF8, which this relay does not offer"
    NEEDS_8BITMIME = "the letter needs 8BITMIME, which this relay does not offer"
    TOO_LARGE = "the letter is larger than this relay takes: {}"  # both sizes
    UNSAFE_ADDRESS = "an address of the envelope holds characters that must not reach a relay"


class Problem(Struct, frozen=True):
    """Why a transaction has no reply: code compares ``kind``, ledger and terminal show the text, which is ``str()``."""

    kind: NoReply
    detail: str = ""  # fills the place in the text of ``kind``, where it has one

    def __str__(self) -> str:
        return self.kind.value.format(self.detail)


class Outcome(Struct, frozen=True, kw_only=True):
    """How one transaction ended: with a reply, or else with a problem."""

    phase: Phase
    reply: Reply | None = None
    problem: Problem | None = None
    dot_written: bool = False  # the final dot may have left: without a reply the message is in doubt

    @property
    def text(self) -> str:
        """For ledger and terminal: the text of the reply, or of the problem."""
        return self.reply.text if self.reply else str(self.problem or "")


class Extensions(Struct, frozen=True, kw_only=True):
    """What the relay offered in its last EHLO reply (RFC 5321 §4.1.1.1)."""

    pipelining: bool = False  # RFC 2920
    eightbitmime: bool = False  # RFC 6152
    smtputf8: bool = False  # RFC 6531
    dsn: bool = False  # RFC 3461
    size: int | None = None  # RFC 1870, octets; 0 or None means no limit was stated
    auth: tuple[str, ...] = ()  # RFC 4954 mechanisms, upper case


class LargestLetter(Struct, frozen=True, kw_only=True):
    """The largest message of some letters, in octets as RFC 1870 §3 counts them: before dot-stuffing."""

    octets: int = 0  # 0 where no letter was looked at
    encoded: int = 0  # the same one for a relay that takes no 8bit content
    line: int = 0  # where its first row starts in the recipients file


NO_LETTER = LargestLetter()


def largest_of(letters: Iterable[LargestLetter]) -> LargestLetter:
    """The largest of these."""
    return max(letters, key=lambda letter: letter.octets, default=NO_LETTER)


class Recipient(Struct, frozen=True, kw_only=True):
    """One row of the recipients file, checked. Rows with one ``identity`` get one letter together.

    The four numbers are signed 64-bit hashes, made by ``recipients.identity``.
    """

    identity: int  # of the mailbox; where each customer gets a letter, of the key, or of mailbox and name
    mailbox: int  # of the address, however it is spelled
    customer: int | None = None  # of the key; None where the campaign names no key
    person: int | None = None  # of the name, without its accents; None where there is none
    address: str  # addr-spec; the domain lower-case, as A-labels (RFC 5890); never empty
    name: str = ""  # as written in the file; empty where there is none
    language: str = ""  # what the row asks for, lower case, e.g. "pl"; empty where it does not say
    time_zone: str = ""  # IANA name; empty where the row does not say
    line: int  # where the row starts in the file, counted from 1, the header being line 1
    row: Mapping[str, str]  # the row's non-empty fields by column name
    priority: int = 0  # letters with a higher one leave before


class Withheld(Struct, frozen=True, kw_only=True):
    """A row that cannot be written to, set aside with its reason."""

    line: int  # where the row starts in the file
    address: str  # what stood in the address column, as far as it could be read; may be empty
    reason: str  # a sentence
    identity: int | None = None  # whose row it is, as ``Recipient.identity``; None where nobody can tell
    row: Mapping[str, str] = field(default_factory=dict)  # its non-empty fields by column name, where they can be told


class Delivery(Struct, frozen=True, kw_only=True):
    """One recipient in one wave, as claimed from the ledger with all that is needed to render the letter."""

    id: int  # the ledger's row
    address: str
    name: str
    language: str
    time_zone: str
    lines: str  # JSON array of line numbers in the recipients file
    rows: str  # JSON array of objects: the recipient's rows, non-empty fields only
    message_id: str  # with angle brackets
    wave: str = FIRST_WAVE
    thread: tuple[str, ...] = ()  # Message-IDs of the recipient's earlier accepted letters, the oldest first
    thread_subject: str = ""  # the subject of the last of these
    number: int = 0  # the outgoing number: 1 for the campaign's first letter, and counting up
    header_id: str = ""  # the Message-ID in its header, where it is that of the letter that this one is once more
    code: str = ""  # allotted to the recipient, where the campaign has codes
    attempts: int = 0  # transactions begun so far
    first_tried_at: float | None = None  # when the first attempt ended; giving up counts from here
    left_file: bool = False  # the last plan found no usable row of theirs in the recipients file any more
    relay: str | None = None  # the only one that it may go through: it was in doubt there

    @property
    def token(self) -> str:
        """The Message-ID's left part: it names the letter, and nobody can guess it who has not got the letter."""
        return self.message_id.strip("<>").partition("@")[0]

    @property
    def first_line(self) -> int:
        """Where the first of its rows starts in the recipients file."""
        return read_lines(self.lines)[0]


read_rows: Callable[[str], list[dict[str, str]]] = Decoder(list[dict[str, str]]).decode
"""What a delivery, and whatever else comes from the ledger, has as ``rows``."""

read_lines: Callable[[str], list[int]] = Decoder(list[int]).decode
"""What it has as ``lines``."""


def first_cell(column: str) -> Callable[[str], str]:
    """A function from ``rows`` to the first row's cell in this column, empty where there is none.

    It takes a third of the time of ``read_rows``, since no other cell is made.
    """
    try:
        row = defstruct("Row", [("cell", str, "")], rename={"cell": column})
    except ValueError:  # msgspec has no field whose name has a quotation mark, a backslash or a control character
        return lambda rows: read_rows(rows)[0].get(column, "")
    read = Decoder(list[row]).decode  # type: ignore[valid-type]
    return lambda rows: read(rows)[0].cell  # type: ignore[attr-defined]


class Mark(Struct, frozen=True, kw_only=True):
    """One change of one delivery's status, to be made durable."""

    delivery: int  # the ledger's row
    status: Status  # the status it goes to
    at: float  # when it happened
    attempts: int  # transactions begun, this one included
    due_at: float | None = None  # for DEFERRED: not before
    code: int | None = None  # the reply's code
    enhanced_code: str | None = None
    reply: str | None = None  # the reply's text, or what happened instead of one
    sha256: bytes | None = None  # of the message's octets before dot-stuffing; given with HANDING_OVER
    subject: str | None = None  # the message's; given with HANDING_OVER
    relay: str | None = None  # the name of the relay, where it has one; given with HANDING_OVER


class Content(Struct, frozen=True, kw_only=True):
    """One letter rendered for one recipient."""

    subject: str  # one line, no control characters
    text: str  # lines separated by "\n"
    html: str  # a whole HTML document
    body: str = ""  # what stands in that document's layout, where it is printed on paper too


class Message(Struct, frozen=True, kw_only=True):
    """A message ready for the relay: RFC 5322 octets and their envelope."""

    delivery: Delivery
    sender: str  # MAIL FROM, an addr-spec
    subject: str  # as it is read, not as it is encoded
    data: bytes  # CRLF line endings, lines of at most 998 octets, not dot-stuffed, ends with CRLF
    sha256: bytes  # of ``data``, 32 octets
    eightbit: bool  # needs 8BITMIME
    smtputf8: bool  # needs SMTPUTF8


class StopCause(StrEnum):
    """Why letters that are due do not go, where no person asked for that."""

    BREAKER = "breaker"  # too many refusals, deferrals or doubts
    REPLY = "reply"  # the relay said something that a person must mend
    RELAY = "relay"  # no connection, or no login
    QUOTA = "quota"  # the relay's
    WINDOW = "window"  # one of `relay.windows`
    DEADLINE = "deadline"  # `finish_by` has passed
    HOURS = "hours"  # no letter may arrive at this hour
    FAILURE = "failure"  # the command ended with an error
    NOT_ARMED = "not-armed"  # nobody has agreed to the wave
    MORE_THAN_ARMED = "more-than-armed"  # more letters are due than somebody agreed to
    CHANGED = "changed"  # what the letters are made from changed after somebody agreed to them
    GUARD = "guard"  # a guard against accidents stopped it


class Severity(StrEnum):
    """What a finding means for sending."""

    ERROR = auto()  # nothing is sent until it is mended, or its rows are set aside
    WARNING = auto()  # worth a look; sending is possible
    INFO = auto()  # good to know


class Finding(Struct, frozen=True, kw_only=True):
    """Something ``check`` has to say."""

    code: str  # stable, kebab-case: "address-invalid"
    severity: Severity
    where: str  # "affected.csv, line 12, column email"
    problem: str  # a sentence
    advice: str  # a sentence: what to do next
    line: int | None = None  # the recipients file's line, where the finding is about one row; such a row can be skipped
    address: str = ""  # what stood in the row's address column, where the finding is about one row
    other_lines: tuple[int, ...] = ()  # of further rows that the finding is about
