"""The whole training: fit, proof and decisions put together into a bundle.

The stages around it, and where files go, stand in ``pipelines/training``.
"""
