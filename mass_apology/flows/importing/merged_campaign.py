"""campaign.toml, the rows and the files of a campaign that was imported from mailmerge."""

from __future__ import annotations

import csv
import io
import re
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import quote

from msgspec import Struct

from mass_apology.errors import MessageError
from mass_apology.flows.importing.mailmerge_files import Database, Row, Server
from mass_apology.flows.importing.merge_images import PageImages
from mass_apology.flows.importing.merge_notes import Notes, lines_named
from mass_apology.flows.init.toml_notation import toml, toml_key
from mass_apology.letter.mailmerge.merge_source import MergeSource
from mass_apology.letter.mailmerge.merged import Merged
from mass_apology.letter.message.headers import parse_mailbox
from mass_apology.quantities import counted

NO_SUBJECT = "(no subject)"
_OURS = re.compile(
    "date|sender|message-id|in-reply-to|references|auto-submitted|list-unsubscribe(-post)?|return-path|received"
    "|dkim-signature|content-.*|resent-.*"
)


class MergedLetter(Struct, frozen=True, kw_only=True):
    """One letter of the import: a row, and one of its addresses."""

    number: int
    line: int  # of the database
    row: Row
    merged: Merged
    name: str
    address: str


class MergedCampaign:
    """Gathers what the campaign is made of, in the order in which its parts are known."""

    recipients = "recipients.csv"

    def __init__(  # noqa: PLR0913, PLR0917
        self,
        name: str,
        template: str,
        language: str,
        source: MergeSource,
        database: Database,
        server: Server,
        notes: Notes,
    ) -> None:
        self.letters: dict[int, MergedLetter] = {}
        self.number_column = self._free("letter_number", database.columns)  # says which letter a row is
        self.attached_to_all: frozenset[Path] = frozenset()
        self.inline_files: frozenset[str] = frozenset()
        self._name = name
        self._template = template
        self._language = language
        self._source = source
        self._database = database
        self._server = server
        self._notes = notes
        self._more: dict[str, dict[int, str]] = {}  # further columns: letter's number → cell
        self._columns: dict[str, str | bool] = {}  # part → column; false: none
        self._sender: dict[str, str] = {}
        self._headers: dict[str, str] = {}
        self._attachments: list[str] = []
        self._archive: str | None = None
        self._files: dict[Path, str] = {}  # source → name in the folder
        self._images: dict[str, str] = {}
        self._fetched: dict[str, bytes] = {}

    def add_rows(self, merged: Sequence[tuple[int, Row, Merged]], *, first_only: bool) -> None:
        """Make the letters of the rows, and the settings that follow from all of them."""
        for line, row, each in merged:
            for name, address in (each.to[:1] if first_only else each.to) or (("", ""),):
                number = len(self.letters) + 1
                self.letters[number] = MergedLetter(
                    number=number, line=line, row=row, merged=each, name=name, address=address
                )
        self._more[self.number_column] = {number: str(number) for number in self.letters}
        self._tell_several(merged, first_only=first_only)
        self._set_address()
        self._set_parts()
        self._set_sender(merged)
        self._set_headers(merged)
        self._tell_copies(merged)
        self._attach(merged)

    def subject(self, translated: str | None) -> str:
        """The subject's source: the translated one, or a column that holds each row's."""
        if "subject" not in dict(self._source.headers):
            self._notes.differs(
                "import-no-subject", "SUBJECT", "The template has no subject, and a letter needs one.", "Write it."
            )
            return NO_SUBJECT
        if translated:
            return translated
        self._more["mailmerge_subject"] = {n: each.merged.subject for n, each in self.letters.items()}
        told = f"The subjects stand in the column mailmerge_subject of {self.recipients}, as mailmerge writes them."
        self._notes.told("import-subject", "SUBJECT", told)
        return "{{ customer.mailmerge_subject }}"

    def written_text(self) -> str:
        """A letter whose text is the row's, as mailmerge writes it."""
        self._more["mailmerge_text"] = {n: each.merged.text or "" for n, each in self.letters.items()}
        return "{{ customer.mailmerge_text }}"

    def show(self, images: PageImages) -> None:
        """The page shows these images, which are no attachments any more."""
        for name, path in images.files.items():
            self._images[name] = self._files[path]
        shown = {self._files[path] for path in images.files.values()}
        self._attachments = [each for each in self._attachments if each not in shown]
        for name, (file, octets) in images.fetched.items():
            self._images[name] = f"images/{file}"
            self._fetched[f"images/{file}"] = octets
        self.inline_files = frozenset(Path(each).name for each in self._images.values())
        if shown:
            self._notes.told(
                "import-inline",
                "the page",
                "Images that the page shows are inside the letter, and not beside it as attachments too.",
            )

    def copy_files(self, folder: Path) -> None:
        """Copy attachments and images into the campaign's folder."""
        for path, name in self._files.items():
            if path.is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, folder / name)
        for name, octets in self._fetched.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(octets)

    def recipients_csv(self) -> str:
        """The database's rows, a row for each letter, with the columns that the import adds."""
        whole = io.StringIO(newline="")
        writer = csv.writer(whole, lineterminator="\n")
        columns = [column for column in self._database.columns if column not in self._more]
        writer.writerow([*columns, *self._more])
        for number, letter in self.letters.items():
            own = [letter.row.get(column) or "" for column in columns]
            writer.writerow([*own, *(cells.get(number, "") for cells in self._more.values())])
        return whole.getvalue()

    def toml(self) -> str:
        """The text of campaign.toml."""
        top = {
            "name": self._name,
            "template": self._template,
            "recipients": self.recipients,
            "languages": [self._language],
            "one_letter_per": "customer",
        }
        tables: dict[str, Mapping[str, object]] = {
            "csv": {"encoding": "utf-8", "delimiter": ","},
            "columns": self._columns,
            "sender": self._sender,
            "message": self._message(),
            "message.images": self._images,
            "message.headers": self._headers,
            "relay": self._relay(),
        }
        lines = ["# Imported from mailmerge. docs/campaign.md explains every key. Next: mass-apology check"]
        lines += [f"{key} = {toml(value)}" for key, value in top.items()]
        for table, values in tables.items():
            if values:
                lines += ["", f"[{table}]", *(f"{toml_key(key)} = {toml(value)}" for key, value in values.items())]
        return "\n".join(lines) + "\n"

    def _tell_several(self, merged: Sequence[tuple[int, Row, Merged]], *, first_only: bool) -> None:
        if several := [line for line, _, each in merged if len(each.to) > 1]:
            here = "the first of them gets a letter" if first_only else "each gets a letter of their own"
            self._notes.differs(
                "import-several",
                "TO",
                f"{lines_named(several)} name several addresses, which mailmerge writes one letter to; here {here}.",
                "Or choose: --several each, --several first",
            )
        if none := [line for line, _, each in merged if not each.to]:
            self._notes.differs(
                "import-no-address", "TO", f"{lines_named(none)} name no address in TO.", "Nobody gets their letters."
            )
        addresses = Counter(each.address.casefold() for each in self.letters.values() if each.address)
        shared = [each.line for each in self.letters.values() if addresses[each.address.casefold()] > 1]
        if shared:
            self._notes.told(
                "import-same-mailbox",
                "TO",
                f"{lines_named(shared)} share a mailbox with another row: each row gets its letter, as by mailmerge.",
                "To write once to each mailbox, take out `one_letter_per` and `key`.",
            )

    def _set_address(self) -> None:
        column = re.fullmatch(r"\{\{\s*(\w+)\s*\}\}", self._source.header("to"))
        letters = self.letters.values()
        if column and all(each.address == (each.row.get(column[1]) or "") and not each.name for each in letters):
            self._columns["address"] = column[1]
        else:
            self._add("address", "to_address", {n: each.address for n, each in self.letters.items()})
        if any(each.name for each in letters):
            self._add("name", "to_name", {n: each.name for n, each in self.letters.items()})
        elif self._has("name"):
            self._columns["name"] = False
        self._columns["key"] = self.number_column

    def _set_parts(self) -> None:
        """Columns that are called like a part of ours play none in mailmerge, where a column's name means nothing."""
        for part in ("language", "time_zone", "country", "company", "position"):
            if self._has(part):
                self._columns[part] = False

    def _has(self, part: str) -> bool:
        return any(column.casefold().strip() == part for column in self._database.columns)

    @staticmethod
    def _free(name: str, columns: Sequence[str]) -> str:
        """The name, or a longer one that no column has, whatever its case."""
        taken = {column.strip().casefold() for column in columns}
        while name in taken:
            name += "_"
        return name

    def _add(self, part: str, column: str, cells: dict[int, str]) -> None:
        column = self._free(column, self._database.columns)
        self._more[column] = cells
        self._columns[part] = column

    def _set_sender(self, merged: Sequence[tuple[int, Row, Merged]]) -> None:
        senders = Counter(each.sender for _, _, each in merged)
        most = senders.most_common(1)[0][0]
        self._sender["from"] = _mailbox(most)
        if not parseaddr(most)[1]:
            self._notes.error("import-from", "FROM", "The template names no sender.", "Write it into campaign.toml.")
            self._sender["from"] = "Your Name <you@example.org>"
        if len(senders) > 1:
            others = [line for line, _, each in merged if each.sender != most]
            self._notes.differs(
                "import-from",
                "FROM",
                f"{lines_named(others)} have another FROM than {most}; a campaign has one sender.",
                'Import the rows of each sender by themselves; or let answers go to them: reply_to = "{column}"',
            )
        answers = {each.reply_to for _, _, each in merged}
        if answers == {""}:
            return
        if len(answers) == 1:
            self._sender["reply_to"] = _mailbox(answers.pop())
            return
        self._more["mailmerge_reply_to"] = {n: _mailbox(each.merged.reply_to) for n, each in self.letters.items()}
        self._sender["reply_to"] = "{mailmerge_reply_to}"

    def _set_headers(self, merged: Sequence[tuple[int, Row, Merged]]) -> None:
        names = dict.fromkeys(name for _, _, each in merged for name, _ in each.headers)
        for name in names:
            values = {dict(each.headers).get(name, "") for _, _, each in merged}
            lower = name.lower()
            if _OURS.fullmatch(lower):
                self._notes.differs(
                    "import-header", name, "This header is written by mass-apology or the relay.", "It is left out."
                )
            elif len(values) > 1:
                self._notes.differs(
                    "import-header",
                    name,
                    "This header differs by row, which a campaign's headers cannot.",
                    "It is left out; write the same for all into [message.headers].",
                )
            elif value := values.pop():
                self._headers[name] = value

    def _message(self) -> dict[str, object]:
        attachments = {"attachments": self._attachments} if self._attachments else {}
        return {**attachments, **({"archive": self._archive} if self._archive else {})}

    def _tell_copies(self, merged: Sequence[tuple[int, Row, Merged]]) -> None:
        for field, who in (("CC", "cc"), ("BCC", "bcc")):
            copies = Counter(address for _, _, each in merged for _, address in getattr(each, who))
            if not copies:
                continue
            self._archive = _archive(copies) if who == "bcc" else self._archive
            named = ", ".join(f"{address} ({count:,})" for address, count in copies.most_common(3))
            more = f" and {len(copies) - 3} more" if len(copies) > 3 else ""
            ours, advice = _NO_COPY if who == "cc" or self._archive is None else _ONE_COPY
            problem = f"mailmerge sends {counted(copies.total(), 'copy', 'copies')} to {named}{more}; {ours}."
            self._notes.differs(f"import-{who}", field, problem, advice)

    def _attach(self, merged: Sequence[tuple[int, Row, Merged]]) -> None:
        lists = [dict.fromkeys(each.attachments) for _, _, each in merged]
        for path in (path for each in lists for path in each):
            if path not in self._files:
                self._files[path] = self._file_name(path)
        self.attached_to_all = frozenset(lists[0]) if all(each == lists[0] for each in lists) else frozenset()
        if all(each == lists[0] for each in lists):
            self._attachments = [self._files[path] for path in lists[0]]
        else:
            for number in range(max(map(len, lists))):
                cells = {
                    n: self._files[own[number]].removeprefix("attachments/")
                    for n, each in self.letters.items()
                    if number < len(own := list(dict.fromkeys(each.merged.attachments)))
                }
                self._more[f"attachment_{number + 1}"] = cells
                self._attachments.append(f"attachments/{{attachment_{number + 1}}}")
        if missing := [line for line, _, each in merged if not all(path.is_file() for path in each.attachments)]:
            first = next(path for _, _, each in merged for path in each.attachments if not path.is_file())
            self._notes.error(
                "import-attachment",
                "ATTACHMENT",
                f"A file is missing for {lines_named(missing)}, such as {first}; mailmerge stops there, too.",
                "Put it there and import again, or into the folder attachments of the campaign.",
            )

    def _file_name(self, path: Path) -> str:
        """A name in the campaign's folder; files of one name from several folders get folders of their own."""
        taken = set(self._files.values())
        name, number = f"attachments/{path.name}", 2
        while name in taken:
            name, number = f"attachments/{number}/{path.name}", number + 1
        return name

    def _relay(self) -> dict[str, object]:
        server = self._server
        user = f"{quote(server.username, safe='')}@" if server.username and server.security else ""
        schemes = {"SSL/TLS": "smtps", "STARTTLS": "smtp+starttls", "XOAUTH": "smtp+starttls", "PLAIN": "smtp+starttls"}
        scheme = schemes.get(server.security or "", "smtp+plain")
        host = f"[{server.host}]" if ":" in server.host else server.host
        relay: dict[str, object] = {"url": f"{scheme}://{user}{host}:{server.port}"}
        if server.security == "XOAUTH":
            relay["auth"] = ["XOAUTH2"]
        relay["rate"] = f"{server.per_minute}/min" if server.per_minute else "10/s"
        relay["connections"] = 1
        for problem, advice in self._relay_notes():
            self._notes.differs("import-relay", "the server", problem, advice)
        if server.security:
            told = "mailmerge asks for the password; here it is the environment variable MASS_APOLOGY_PASSWORD."
            self._notes.told("import-password", "the server", told, 'Or: [relay] password = "file:relay-password"')
        return relay

    def _relay_notes(self) -> Iterator[tuple[str, str]]:
        if self._server.security == "PLAIN":
            yield (
                "mailmerge sends the password over an unprotected connection; here STARTTLS is required before it.",
                "If the relay offers none, use a port with TLS: smtps://",
            )
        if self._server.security is None:
            yield "The connection to the relay is not protected, as in mailmerge.", "Use smtp+starttls:// if it can."
        if not self._server.per_minute:
            yield "mailmerge sends as fast as the relay takes letters; here it is 10 a second.", "Change `rate`."


_IN_A_FILE = "mass-apology preview --all --to letters.mbox"
_NO_COPY = "this campaign none", f"For your own record: {_IN_A_FILE}; for others, add rows."
_ONE_COPY = "this campaign one, of the first letter", f"Take [message] archive out for none; for all: {_IN_A_FILE}"


def _archive(copies: Counter[str]) -> str | None:
    """The address that gets all blind copies: one's own. Where several get some, they are others' letters."""
    address = next(iter(copies)) if len(copies) == 1 else ""
    try:
        parse_mailbox(address, "message.archive")
    except MessageError:
        return None
    return address


def _mailbox(text: str) -> str:
    """A mailbox as campaign.toml writes it; as it is where it cannot be read, for `check` to say so."""
    name, address = parseaddr(text)
    shown = f"{name} <{address}>" if name else address
    try:
        parse_mailbox(shown, "from")
    except MessageError:
        return text or ""
    return shown
