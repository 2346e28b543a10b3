"""Bounces, complaints, replies and events of mail providers → reports.

``boxes`` and ``imap`` iterate mailboxes. ``mail_reading`` reads one message, with ``parts`` (MIME), ``dsn`` (standard
reports), ``notices`` (other bounces), ``diagnosis`` (is the address dead?) and ``auto_replies`` (machine or person?).
``events`` reads the JSON of ``providers``. All give a ``bounce_report``. ``tokens`` finds the ids that stand for one
letter and cannot be forged. Only ``boxes`` touches files, and only ``imap`` a server. The ledger matches reports to
letters.
"""
