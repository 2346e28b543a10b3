"""A zone is said once in a sentence, and in every sentence that tells a time."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from letter_files import render, template, write

ENDED = datetime(2026, 11, 20, 10, 40, tzinfo=UTC)
START, END = "{{ incident.started_at | time }}", "{{ incident.ended_at | time }}"
ON = "{{ incident.started_at | on_date }}"


def text(folder: Path, body: str, **given: Any) -> str:
    given.setdefault("ended_at", ENDED)
    return " ".join(written(folder, body, **given).text.split())


def written(
    folder: Path, body: str, time_zone: str = "", customer: dict[str, object] | None = None, **facts: Any
) -> Any:
    write(folder, body)
    return render(template(folder, **facts), customer=customer, time_zone=time_zone)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (f"From {START} to {END}.", "From 09:12 to 10:40 UTC."),
        (f"From {START} {ON} to {END}.", "From 09:12 on 20 November 2026 to 10:40 UTC."),
        (f"From **{START}** to\n*{END}*, it failed.", "From 09:12 to 10:40 UTC, it failed."),
        (f"Od godz. {START} do godz. {END}.", "Od godz. 09:12 do godz. 10:40 UTC."),
        (f"{START}, {START} and {END}.", "09:12, 09:12 and 10:40 UTC."),
        (f"It began at {START}. It ended at {END}.", "It began at 09:12 UTC. It ended at 10:40 UTC."),
        (f"It began at {START}!\nIt ended at {END}.", "It began at 09:12 UTC! It ended at 10:40 UTC."),
        (f"It began at {START}.\n\nand ended at {END}.", "It began at 09:12 UTC. and ended at 10:40 UTC."),
        (f"- {START}\n- {END}", "- 09:12 UTC - 10:40 UTC"),
        (
            f"It began at {START}. {{{{ incident.service }}}} was back at {END}.",
            "It began at 09:12 UTC. Acme API was back at 10:40 UTC.",
        ),
        (
            "{{ incident.started_at | moment }} to {{ incident.ended_at | moment }}",
            "20 November 2026, 09:12 to 20 November 2026, 10:40 UTC",
        ),
        (f"{{{{ incident.started_at | moment }}}} to {END}", "20 November 2026, 09:12 to 10:40 UTC"),
        (f"{START} is all.", "09:12 UTC is all."),
        ("{{ incident.started_at | clock }} to {{ incident.ended_at | clock }}", "09:12 to 10:40"),
        (f"{{% if rows %}}From {START} to {END}.{{% endif %}}", "From 09:12 to 10:40 UTC."),
    ],
)
def test_the_last_time_of_a_sentence_says_the_zone(tmp_path: Path, body: str, said: str) -> None:
    assert text(tmp_path, body) == said


def test_the_html_says_the_same(tmp_path: Path) -> None:
    html = written(tmp_path, f"From {START} to {END}.\n\nAgain {END}.", ended_at=ENDED).html
    assert "From 09:12 to 10:40 UTC." in html
    assert "Again 10:40 UTC." in html


def test_the_readers_zone_counts(tmp_path: Path) -> None:
    assert text(tmp_path, f"From {START} to {END}.", time_zone="Europe/Warsaw") == "From 10:12 to 11:40 CET."


def test_two_zones_are_both_said(tmp_path: Path) -> None:
    after = datetime(2027, 4, 1, 10, 40, tzinfo=UTC)  # when summer time has come
    said = text(tmp_path, f"From {START} to {END}.", ended_at=after, time_zone="Europe/Warsaw")
    assert said == "From 10:12 CET to 12:40 CEST."


def test_a_customers_own_moment_counts_too(tmp_path: Path) -> None:
    body = f"From {START} to {{{{ customer.plan | time }}}}."
    assert text(tmp_path, body, customer={"plan": ENDED}) == "From 09:12 to 10:40 UTC."


def test_in_the_subject(tmp_path: Path) -> None:
    write(tmp_path, "x", subject=f"Down from {START} to {END}")
    assert render(template(tmp_path, ended_at=ENDED)).subject == "Down from 09:12 to 10:40 UTC"
