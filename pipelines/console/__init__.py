"""What every command shares: progress, its result in words and as JSON, failures and exit codes, moments as typed.

The commands' names and options stand in ``cli``.
"""
