"""What the log of a mail relay proves about letters: which it took, and whose transactions it saw fail. Pure.

Postfix, Exim and Sendmail write the Message-ID of what they take. OpenSMTPD and Courier do not, and prove nothing.
"""
