"""Reads proofs about letters from a relay's log: the relay took them, or their transactions failed. Pure.

Postfix, Exim and Sendmail write the Message-ID of each letter they take. OpenSMTPD and Courier do not,
so their logs prove nothing.
"""
