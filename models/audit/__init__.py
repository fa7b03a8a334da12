"""Are the reasons true? Contributions held against what the model does when facts are replaced, and against SHAP.

How reasons are chosen and worded stands in ``serving``.
"""
