"""Sends letters: claims them from the ledger, has them rendered, passes them to the connections, records outcomes.

``outbox`` claims due letters, has the ``gate`` check each batch, and keeps rendered letters ready. ``dispatcher`` gives
them to the relay's connections at the rate that ``pacing`` and ``relay_windows`` allow, and records the decision that
``decisions`` derives from each outcome. ``refusals_in_a_row`` recognises refusals caused by our account or letter.
``run_stats`` counts for the screen and the breaker; ``event_log`` writes the campaign's log.
"""
