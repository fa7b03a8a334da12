"""Deliveries killed at random instants, against far sides that outlive them: what promise 6 says, tried on real processes.

A warmed process (``template.py``) forks a child for every attempt, and the child delivers as ``leadq deliver`` does
(``attempt.py``); ``campaign.py`` kills it, notes in which phase (``tale.py``) and starts it again; ``nights.py`` makes scores; a far side
(``salesforce_side.py``, ``postgres_side.py``) knows what was written there and judges it by the law. Leaves out the command line
itself: importing it would take longer than most lives last.
"""
