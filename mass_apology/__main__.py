"""``python -m mass_apology`` and the ``mass-apology`` command."""

from __future__ import annotations


def main() -> None:
    """Run the command line."""
    from mass_apology.system.processes import collect_rarely  # noqa: PLC0415 (``import`` of this module costs nothing)

    collect_rarely()
    from mass_apology.cli.app import run  # noqa: PLC0415 (the same)

    run()


if __name__ == "__main__":
    main()
