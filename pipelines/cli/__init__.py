"""The command line: what each command of ``leadq`` is called, takes and shows. The only reader of clock and environment.

The work is done by the other folders of ``pipelines``.
"""
