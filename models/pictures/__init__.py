"""Pictures of reports and of the quarterly review, and the figures behind those that no report has.

How a picture gets into a page stands in ``pipelines/report``.
"""
