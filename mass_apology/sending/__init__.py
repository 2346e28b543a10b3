"""Letters on their way: the outbox, the gate before it, the dispatcher behind it, and the decisions on each outcome.

``dispatcher`` gives the relay's connections letters from the ``outbox`` when the ``pacing`` allows it, and records what
``decisions`` make of each outcome. The ``gate`` says of every batch which letters may still go. ``run_stats``,
``relay_windows`` and ``event_log`` keep what has happened; ``refusals_in_a_row`` sees refusals that are about us.
"""
