"""Feedback after sending: bounces, replies, choices and the relay's log are recorded in the ledger."""
