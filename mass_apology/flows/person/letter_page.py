"""One person's letter as a mail program shows it: its HTML part, with its pictures in it."""

from __future__ import annotations

import time
from html import escape

from mass_apology.flows.person.whose_letters import delivery_of, wave_letter
from mass_apology.flows.plan import plan
from mass_apology.flows.preview.reading_back import read_back
from mass_apology.ledger import Records
from mass_apology.ledger.one_person import KnownPerson
from mass_apology.letter.message.compose import rfc5322_date
from mass_apology.workspace.workspace import Workspace


def letter_page(workspace: Workspace, records: Records, person: KnownPerson, delivery: int) -> str | None:
    """The page; ``None`` where the letter is not theirs, or campaign.toml does not name its template any more.

    Raises ``TemplateError`` or ``MessageError`` where it cannot be written.
    """
    letters = {each.delivery: each for each in person.letters}
    letter = letters.get(delivery)
    if letter is None:
        return None
    written_from = wave_letter(workspace, letters.get(letter.repeats or 0, letter).wave, None)
    if written_from is None:
        return None
    writer = plan.writer_recipe(workspace, records.header, written_from.template, written_from.subject_line)()
    theirs = delivery_of(person, letter)
    date = rfc5322_date(letter.handed_over_at or time.time())
    message = writer.message(theirs, writer.content(theirs, date=date), date=date, eightbit=True, for_others=True)
    mail = read_back(message.data)
    page = mail.html or f"<pre>{escape(mail.text)}</pre>"
    for name, picture in mail.images.items():
        page = page.replace(f"cid:{name}", picture)
    return page
