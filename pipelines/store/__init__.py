"""The store on disk: committed runs and their manifests, snapshots of what was known, one writer at a time.

Bundles in it are kept by ``models/bundle`` and ``models/live``.
"""
