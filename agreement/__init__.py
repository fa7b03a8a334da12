"""What sales and marketing signed: definitions, tiers, promises, rules, duties. Read, checked, told in words.

``decide`` is the one place where a lead gets its tier. Data only: no history and no model is seen here; whether a promise can be
proved stands in ``features/readiness``, where a tier is cut in ``models/tiers``.
"""
