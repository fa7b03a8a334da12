"""Challenges at the desk: what may be challenged of a lead or waits for a reply, and both taken from forms (decision 0035).

How they are kept stands in ``crm/answers``, how they are said in ``serving/words/agreed``.
"""
