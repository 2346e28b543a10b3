"""Sends letters: claims them from the ledger, has them rendered, passes them to the connections, records outcomes.

``outbox`` claims due letters, has the ``gate`` check each batch, and keeps rendered letters ready. A ``relay_source``
gives them to the connections of one relay, at the rate that ``pacing`` and ``relay_windows`` allow. ``dispatcher``
records what becomes of them, and the decision that ``decisions`` derives from each outcome. ``refusals_in_a_row``
recognises refusals caused by our account or letter. ``run_stats`` counts for the screen and the breaker; ``event_log``
writes the campaign's log.
"""
