"""The simulated company as its CRM would record it: leads, events, sales, own fields, and all of it as files.

Who the leads are and what becomes of them stands one folder up.
"""
