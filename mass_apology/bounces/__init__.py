"""What comes back after the letters: bounces, complaints, replies, and events of relays, understood.

``boxes`` iterates mailboxes; ``reading`` understands one message, with ``parts`` (MIME), ``dsn`` (standard reports),
``notices`` (the others), ``causes`` (is the address dead?) and ``answers`` (machine or person?); ``events`` reads the
JSON of relays; all give a ``report``. ``tokens`` finds the ids that stand for one letter and cannot be forged. Only
``boxes`` touches files, and only ``imap`` a server. To whose letter a report belongs is the ledger's knowledge.
"""
