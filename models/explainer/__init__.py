"""Exact path-dependent SHAP of a LightGBM model, faster than the model's own plain prediction.

``explain`` is the door; it can be used without the rest of leadq. ``model_text`` reads LightGBM's text format, ``codes`` turns
values into codes between which no split lies, ``conditions`` says for which codes each leaf's conditions hold, ``grouping`` cuts the
trees into groups of leaves, ``tables`` computes the attribution of every pattern of a group, ``kernel`` looks them up, ``compiled``
holds it all together and ``gate`` compares it with LightGBM before anything rests on it. Left out: interventional SHAP,
interactions, models of other libraries.
"""
