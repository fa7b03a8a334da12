"""The conversion model: fitted, calibrated, proved, explained, bundled, compared and live. Code only.

Trained things are in the store, never in this package. Which stage calls what stands in ``pipelines``.
"""
