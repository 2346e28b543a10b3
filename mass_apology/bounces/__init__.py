"""What comes back after the letters: bounces, complaints, replies, and events of relays, understood.

``boxes`` iterates mailboxes; ``reading`` understands one message, with ``parts`` (MIME), ``dsn`` (standard reports),
``notices`` (the others), ``causes`` (is the address dead?) and ``answers`` (machine or person?); ``events`` reads the
JSON of relays; all give a ``report``. ``tokens`` makes return paths that cannot be forged. Only ``boxes`` touches
files. To whose letter a report belongs is the ledger's knowledge.
"""
