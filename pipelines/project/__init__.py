"""A project folder read together: its files, parameters, engine, the bundle that scores, the shape of its sources.

``leadq.yaml`` itself is read in ``crm/config``.
"""
