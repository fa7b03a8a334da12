"""Exact path-dependent SHAP of a LightGBM model, faster than LightGBM's own prediction without reasons.

``exact_shap`` is the door; it can be used without the rest of leadq. ``model_text`` reads LightGBM's text format, ``value_codes``
turns values into codes between which no split lies, ``leaf_conditions`` says for which codes each leaf's conditions hold,
``grouping`` cuts the trees into groups of leaves, ``tables`` computes the contributions of every pattern of a group, ``row_loops``
looks them up, ``compiled_trees`` holds it all together and ``confirmation`` compares it with LightGBM before anything rests on it,
on rows that ``adversarial`` makes. Left out: interventional SHAP, interactions, models of other libraries.
"""
