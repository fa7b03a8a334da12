"""How a score is said to people: sentences, figures, the card of a lead.

A shelf under the three siblings of ``serving/``: scoring words its reasons with it, desk, delivery and the command line show
a row of the score table with it. It reads rows; it makes no score, and knows nothing of web pages or of a CRM.
"""
