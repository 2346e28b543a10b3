"""Timers for follow-ups name the campaign's folder, whatever it is called, or say that they cannot."""

from __future__ import annotations

from pathlib import Path

import pytest
from live import campaign_folder, customers

from mass_apology.errors import CampaignError
from mass_apology.flows.follow_up import timers

FORMS = ("systemd", "cron", "kubernetes")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", ["two\nlines", "a\rreturn", "a\x1bsign"])
def test_a_folder_that_no_timer_can_name_is_refused(tmp_path: Path, form: str, name: str) -> None:
    folder = campaign_folder(tmp_path / name, "smtp+plain://127.0.0.1:2525", customers(1))
    with pytest.raises(CampaignError, match="no timer's file can hold"):
        timers.text(form, folder, 15)


@pytest.mark.parametrize("form", FORMS)
def test_a_folder_with_awkward_signs_is_one_word(tmp_path: Path, form: str) -> None:
    folder = campaign_folder(tmp_path / "zażółć 100% $HOME", "smtp+plain://127.0.0.1:2525", customers(1))
    assert "zażółć" in timers.text(form, folder, 15)
