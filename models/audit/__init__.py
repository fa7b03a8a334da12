"""Are the reasons true? Contributions compared with what the model does when facts are replaced, and with SHAP.

How reasons are chosen and worded stands in ``serving``.
"""
