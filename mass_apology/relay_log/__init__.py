"""A mail relay's log → proofs about letters: the relay took them, or their transactions failed. Pure.

Postfix, Exim and Sendmail write the Message-ID of what they take. OpenSMTPD and Courier do not, and prove nothing.
"""
