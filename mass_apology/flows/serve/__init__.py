"""``serve``: the live page of campaigns, for a team that watches a sending and can halt it.

It reads ledgers, in a process of its own. All that it writes are requests to the sender, approvals and notes.
"""
