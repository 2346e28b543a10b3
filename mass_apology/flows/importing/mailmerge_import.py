"""``import mailmerge``: its three files become a campaign that sends the same letters, and every difference is told.

The letters are compared one by one with what mailmerge would send for the same row, so that nothing differs in silence.
"""

from __future__ import annotations

import re
import shutil
from collections import defaultdict
from pathlib import Path
from typing import Literal

from msgspec import Struct

from mass_apology.campaign import FILE_NAME
from mass_apology.errors import MassApologyError, OutputError, TemplateError
from mass_apology.flows.importing.mailmerge_files import Database, Row, Server, read_database, read_server
from mass_apology.flows.importing.merge_comparison import mismatches
from mass_apology.flows.importing.merge_images import PageImages
from mass_apology.flows.importing.merge_notes import Notes, lines_named
from mass_apology.flows.importing.merged_campaign import MergedCampaign, MergedLetter
from mass_apology.flows.letter_language import language_of
from mass_apology.flows.operator import OnProgress
from mass_apology.flows.plan import plan
from mass_apology.letter.mailmerge.merge_markdown import differences, markdown_page
from mass_apology.letter.mailmerge.merge_source import MergeSource, Part, read_merge_source
from mass_apology.letter.mailmerge.merged import Merged, Merging
from mass_apology.letter.mailmerge.translation import Translation, Translator
from mass_apology.letter.message.compose import rfc5322_date
from mass_apology.model import Delivery, Finding, Severity, read_rows
from mass_apology.workspace.workspace import Workspace

TEMPLATE = "letter"
_TAG = re.compile(r"(?s)<style.*?</style>|<[^>]*>|&\w+;")
_LOOK = "Look at the letter: mass-apology preview; correct the row, or the template."
_DATE = rfc5322_date(0)


class ImportOptions(Struct, frozen=True, kw_only=True):
    """What is to be imported, and how."""

    name: str  # the campaign's
    template: Path
    database: Path
    config: Path
    language: str | None = None  # of the letter; detected otherwise
    several: Literal["each", "first"] = "each"  # of several addresses in TO: a letter to each, or to the first
    embed_images: bool = False  # fetch images from the web


class Imported(Struct, frozen=True, kw_only=True):
    """The result of an import."""

    folder: Path
    rows: int
    letters: int  # that the campaign would send
    equal: int  # of them, those that mean what mailmerge's do
    language: str
    findings: tuple[Finding, ...]

    @property
    def needs_a_person(self) -> bool:
        """Whether something must be mended first."""
        return any(each.severity is Severity.ERROR for each in self.findings)


async def import_mailmerge(options: ImportOptions, on_progress: OnProgress) -> Imported:
    """Make the campaign's folder. Raises ``MassApologyError``, with nothing left behind, where that is impossible."""
    notes = Notes()
    source = read_merge_source(options.template)
    database = read_database(options.database)
    server = read_server(options.config)
    merging = Merging(options.template)
    merged = [(line, row, _merged(merging, line, row)) for line, row in database.rows]
    if not merged:
        raise TemplateError(f"{options.database.name} has no rows.", next_step="Export them, then import again.")
    folder = _new_folder(options.name)
    try:
        language, campaign = _write(options, folder, notes, source, database, server, merging, merged)
        letters, equal = await _compared(folder, campaign, notes, on_progress)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return Imported(
        folder=folder,
        rows=len(merged),
        letters=letters,
        equal=equal,
        language=language,
        findings=tuple(notes.findings),
    )


def _new_folder(name: str) -> Path:
    folder = Path(name)
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        raise OutputError(f"{folder} exists already.", next_step="Choose another name: --name NAME") from None
    return folder


def _merged(merging: Merging, line: int, row: Row) -> Merged:
    try:
        return merging.merge(row)
    except TemplateError as error:
        raise TemplateError(f"Row on line {line}: {error.problem}", next_step=error.next_step) from error


def _write(  # noqa: PLR0913, PLR0917 (all that was read)
    options: ImportOptions,
    folder: Path,
    notes: Notes,
    source: MergeSource,
    database: Database,
    server: Server,
    merging: Merging,
    merged: list[tuple[int, Row, Merged]],
) -> tuple[str, MergedCampaign]:
    language = _language(options, merged, notes)
    campaign = MergedCampaign(options.name, TEMPLATE, language, source, database, server, notes)
    campaign.add_rows(merged, first_only=options.several == "first")
    empty = _empty_columns(database, notes)
    texts = _texts(campaign, source, database, empty, notes, options.template.name)
    if "html" in texts:
        images = PageImages(merging.resolve, campaign.attached_to_all, notes, embeds=options.embed_images)
        texts["html"] = images.replaced(texts["html"])
        campaign.show(images)
    subject = campaign.subject(_subject(source, database, empty, options.template.name))
    first = "html" if "html" in texts else "txt"
    letters = folder / "templates" / TEMPLATE
    letters.mkdir(parents=True)
    for suffix, text in texts.items():
        head = f"Subject: {subject}\n\n" if suffix == first else ""
        (letters / f"{language}.{suffix}").write_text(head + text, encoding="utf-8")
    campaign.copy_files(folder)
    (folder / campaign.recipients).write_text(campaign.recipients_csv(), encoding="utf-8", newline="")
    (folder / campaign.recipients).chmod(0o600)
    (folder / FILE_NAME).write_text(campaign.toml(), encoding="utf-8")
    return language, campaign


def _language(options: ImportOptions, merged: list[tuple[int, Row, Merged]], notes: Notes) -> str:
    if options.language:
        return options.language
    shown = merged[0][2]
    words = shown.text or _TAG.sub(" ", shown.html or "")
    found = language_of(f"{shown.subject} {words}")
    if found is None:
        notes.differs(
            "import-language",
            options.template.name,
            "The words do not tell the letter's language, so it is taken for English.",
            "State it: --language de",
        )
    else:
        told = f"The letter is in {found}, by its words."
        notes.told("import-language", options.template.name, told, "If it is not: --language")
    return found or "en"


def _empty_columns(database: Database, notes: Notes) -> frozenset[str]:
    """The columns with empty cells, which mailmerge prints as nothing."""
    lines: dict[str, list[int]] = defaultdict(list)
    short: list[int] = []
    for line, row in database.rows:
        for column in database.columns:
            cell = row.get(column)
            if cell is None:
                short.append(line)
            if not (cell or "").strip():
                lines[column].append(line)
    for column, found in lines.items():
        if len(found) < len(database.rows) or any(row.get(column) is not None for _, row in database.rows):
            notes.told(
                "import-empty-cells",
                f"column {column}",
                f"The cell is empty in {lines_named(found)}: the letter says nothing there, as mailmerge's does.",
                "Fill the cells, or write `{% if %}` around what should not stand alone.",
            )
    if short:
        notes.differs(
            "import-short-rows",
            "the database",
            f"{lines_named(sorted(set(short)))} have fewer cells than the header: mailmerge prints “None” there, and "
            "these letters nothing.",
            "Fill the cells.",
        )
    if database.too_long:
        notes.differs(
            "import-long-rows",
            "the database",
            f"{lines_named(database.too_long)} have more cells than the header; the last ones are left out, as by "
            "mailmerge.",
            "A cell with a comma or semicolon needs quotation marks.",
        )
    return frozenset(lines)


def _texts(
    campaign: MergedCampaign,
    source: MergeSource,
    database: Database,
    empty: frozenset[str],
    notes: Notes,
    name: str,
) -> dict[str, str]:
    """Suffix → the letter's source in our Jinja."""
    texts: dict[str, str] = {}
    for part in source.parts:
        if part.subtype == "markdown":
            texts["txt"] = _translated(part, source, database, empty, notes, name).text
            page = _translated(part, source, database, empty, Notes(), name, html=True)
            texts["html"] = markdown_page(page.text, name)
            for difference in differences(part.text):
                notes.differs("import-markdown", name, difference, "Look at the letters: mass-apology preview")
        else:
            is_page = part.subtype == "html"
            told = Notes()
            made = _translated(part, source, database, empty, told, name, html=is_page)
            texts["html" if is_page else "txt"] = made.text
            if made.untranslated and not is_page:
                texts["txt"] = campaign.written_text()
                told = _as_written(told, campaign)
            notes.findings += told.findings
    if set(texts) == {"html"}:
        notes.told(
            "import-text-part",
            name,
            "mailmerge sends the HTML alone; these letters also have a text part, read out of the page.",
            "Or write your own beside it, as .txt.",
        )
    if "html" in texts:
        notes.told("import-styles", name, "Styles of the page are also written into its elements, for mail programs.")
    return texts


def _as_written(told: Notes, campaign: MergedCampaign) -> Notes:
    """The same notes where the texts are taken over as mailmerge writes them: nothing has to be mended."""
    eased = Notes()
    for each in told.findings:
        problem = f"{each.problem} Their texts stand in {campaign.recipients}, as mailmerge writes them."
        eased.differs(each.code, each.where, problem, f"To change them for all: {each.advice}")
    return eased


def _translated(  # noqa: PLR0913
    part: Part,
    source: MergeSource,
    database: Database,
    empty: frozenset[str],
    notes: Notes,
    name: str,
    *,
    html: bool = False,
) -> Translation:
    translation = Translator(database.columns, empty, html=html).translate(source.sets + part.text, name)
    for each in translation.untranslated:
        where = f"{name}, `{each.code[:80]}`"
        notes.error("import-jinja", where, "This Jinja cannot be used in these letters.", each.advice)
    return translation


def _subject(source: MergeSource, database: Database, empty: frozenset[str], name: str) -> str | None:
    """The subject in our Jinja; ``None`` where it cannot be translated, or is there on a condition."""
    if source.is_conditional or "=?" in source.header("subject"):
        return None
    translator = Translator(database.columns, empty, html=False)
    translation = translator.translate(source.sets + source.header("subject"), name)
    return None if translation.untranslated else translation.text


async def _compared(folder: Path, campaign: MergedCampaign, notes: Notes, on_progress: OnProgress) -> tuple[int, int]:
    """The number of letters, and of those that are equal; every difference becomes a note."""
    found: dict[tuple[str, str], list[int]] = defaultdict(list)
    examples: dict[str, tuple[str, str]] = {}
    letters = equal = 0
    seen: set[int] = set()
    try:
        workspace = Workspace.open(folder)
        terms = plan.Terms(skip_bad_rows=True, render=False)
        async with plan.drafted(workspace, plan.NO_KEY, terms, on_progress=on_progress) as draft:
            for batch in draft.letters():
                for delivery in batch:
                    letter = campaign.letters[int(read_rows(delivery.rows)[0][campaign.number_column])]
                    seen.add(letter.number)
                    letters += 1
                    equal += _one_compared(draft, delivery, letter, campaign, found, examples)
    except MassApologyError as error:
        notes.error("import-letter", "the campaign", error.problem, error.next_step)
        return 0, 0
    for (what, advice), lines in found.items():
        theirs, ours = examples[what]
        problem = f"{lines_named(lines)}: {what} differs: mailmerge writes “{theirs}”, these letters “{ours}”."
        if what == "fails":
            problem = f"{lines_named(lines)}: the letter cannot be written. {theirs}"
        notes.differs("import-differs", "the letters", problem, advice)
    if missing := [each.line for each in campaign.letters.values() if each.number not in seen]:
        notes.differs(
            "import-no-letter",
            "the database",
            f"{lines_named(missing)} get no letter: the address cannot be used, or is on the suppression list.",
            "mass-apology check says why.",
        )
    return letters, equal


def _one_compared(
    draft: plan.Draft,
    delivery: Delivery,
    letter: MergedLetter,
    campaign: MergedCampaign,
    found: dict[tuple[str, str], list[int]],
    examples: dict[str, tuple[str, str]],
) -> bool:
    try:
        message = draft.writer.write(delivery, date=_DATE, eightbit=True)
    except MassApologyError as error:
        found["fails", error.next_step].append(letter.line)
        examples.setdefault("fails", (error.problem, ""))
        return False
    differing = list(mismatches(message, letter.merged, (letter.name, letter.address), campaign.inline_files))
    for each in differing:
        found[each.what, _LOOK].append(letter.line)
        examples.setdefault(each.what, (each.theirs, each.ours))
    return not differing
