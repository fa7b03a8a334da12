"""What a file does not say is asked: the questions with the lines of their answers, and what an answer changes.

How a question is shown and answered is decided by the command.
"""
