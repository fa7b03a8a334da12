"""MLflow's view of our models: runs, versions that load anywhere with their own code, servers of the company's own.

It mirrors what ``live`` decides. Nothing that scores at night depends on it.
"""
