"""What sales' answers do to a lead: when a rejection stands, when a lead comes back, and whether the records contradict an answer.

The rule is decision 0031; what was agreed of each reason stands in the agreement.
"""
