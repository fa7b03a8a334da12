"""The one suite that every target passes: the law of delivery, kills, bad rows, secrets, hostile text, and the history it gives.

A kind of place takes part by a far side (``sides/``, or the entry point ``leadq.conformance`` of another package): a real or
faked place that outlives the deliveries and knows all that was written there (``far_side.py``). A warmed process
(``warmed_process.py``) forks a child for every attempt, and the child delivers as ``leadq deliver`` does (``attempt.py``);
``campaign.py`` kills it, notes in which phase (``kill_phases.py``) and starts it again; ``nights.py`` makes scores.
"""
