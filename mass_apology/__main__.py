"""``python -m mass_apology`` and the ``mass-apology`` command."""

from __future__ import annotations


def main() -> None:
    """Run the command line."""
    from mass_apology.cli.app import run  # noqa: PLC0415 (``import mass_apology.__main__`` should cost nothing)

    run()


if __name__ == "__main__":
    main()
