"""Hand-over, when a lead was put before sales: its sources and periods, the tier frozen then, and what came of it.

Apart from ``features/landmarks.py: handoffs``, sales' own first act, by which a model learns and is tested (decision 0028).
"""
