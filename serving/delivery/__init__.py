"""Scores into the places where sales works: planned by difference, guarded, sent in chunks, reconciled row by row, kept in a ledger."""
