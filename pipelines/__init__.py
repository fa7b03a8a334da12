"""The stages in their order, the store they write to, and the command line.

It decides nothing that a room below decides; it alone reads the clock and the environment.
"""
