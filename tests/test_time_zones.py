"""A time zone is read once, and a name that has none is refused in one way."""

from __future__ import annotations

import pytest

from mass_apology.system.time_zones import zone_named, zone_names


def test_every_zone_that_is_listed_can_be_had_and_is_one_object() -> None:
    assert {"Europe/Warsaw", "UTC"} <= zone_names()
    assert {zone_named(name).key for name in zone_names()} == zone_names()
    assert zone_named("Europe/Warsaw") is zone_named("Europe/Warsaw")


@pytest.mark.parametrize("name", ["Mars/Base", "Europe", "../../etc/passwd", "", "/etc/localtime", "a\0b"])
def test_a_name_without_a_zone_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="is not a time zone such as Europe/Warsaw"):
        zone_named(name)
