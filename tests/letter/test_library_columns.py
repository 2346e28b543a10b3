"""A file of customers need not have the columns that a letter could use."""

from __future__ import annotations

import pytest
from test_library import each_letter, facts

from mass_apology.letter.letter_writer import Writer
from mass_apology.letter.template_files import shipped_templates
from mass_apology.model import Delivery
from mass_apology.relay_settings import RelaySettings
from mass_apology.settings import Campaign, SenderSettings

pytestmark = pytest.mark.slow


@each_letter
def test_a_letter_needs_no_column(
    tmp_path_factory: pytest.TempPathFactory, name: str, language: str, optional: bool
) -> None:
    campaign = Campaign(
        name="c",
        template=name,
        recipients="a.csv",
        sender=SenderSettings(from_="Anna Kowalska <anna@acme.example>"),
        relay=RelaySettings(url="-"),
        languages=(language,),
        incident=facts(name, [language], optional=optional),
    )
    directories = [shipped_templates()]
    writer = Writer(campaign, folder=tmp_path_factory.getbasetemp(), directories=directories, header=("email",))
    for rows in ('[{"email":"a@b.example"}]', '[{"email":"a@b.example"},{"email":"a@b.example"}]'):
        letter = Delivery(
            id=1,
            address="a@b.example",
            name="",
            language=language,
            time_zone="",
            lines="[2]",
            rows=rows,
            message_id="<x@acme.example>",
        )
        assert writer.content(letter).subject
