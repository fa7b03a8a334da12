"""The best evidence there is on champion against challenger: forecasts of past moments, scores in shadow.

The comparison itself is ``models/live``; promoting stands in ``quarter``.
"""
