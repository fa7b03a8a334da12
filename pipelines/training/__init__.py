"""The stages of a training in their order, from sources to a registered bundle, and the checks around them.

``stages`` is the order. Fitting itself is ``models/training``.
"""
