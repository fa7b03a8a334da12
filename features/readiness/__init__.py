"""What the data can and cannot prove, said before anything is trained: ``leadq check``'s statements and its page.

What looks like a leak stands in ``leak_checks``.
"""
