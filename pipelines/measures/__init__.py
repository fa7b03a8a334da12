"""The agreement measured on a project: hand-overs and what came of them, stages with their moments; as data and in words.

What a hand-over or a stage is stands in ``features``; whether a tier is offered is decided elsewhere, by leads that sales worked.
"""
