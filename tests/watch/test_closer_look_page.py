"""What the live page shows of a closer look."""

from __future__ import annotations

from msgspec.structs import replace
from observed import observed

from mass_apology.flows.watch.campaign_view import view_of
from mass_apology.flows.watch.view_model import DetailView, ShareView
from mass_apology.pages.web import web_rendering

VIEW = view_of(observed())
SHARE = ShareView(name="a.example", total=9, reached=9, open=0, not_reached=0, deferred=0)


def shares(domains: int) -> str:
    details = DetailView(
        at=VIEW.at,
        wave="first",
        languages=(SHARE,),
        destinations=(SHARE,),
        domains=domains,
        replies=(),
        step_seconds=60,
        over_time=(),
        answers_waiting=0,
    )
    return web_rendering.part("shares", view=replace(VIEW, details=details))


def test_domains_that_are_left_out_are_counted() -> None:
    shown = shares(200)
    assert "The largest come first, then others with letters deferred, in doubt or not reached." in shown
    assert "199 more domains are not shown." in shown
    assert "1 more domain is not shown." in shares(2)
    assert "not shown" not in shares(1)
