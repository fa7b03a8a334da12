"""What the files that a person writes in a project folder are called; params.yaml names itself beside its settings."""

CONFIG = "leadq.yaml"
AGREEMENT = "agreement.yaml"
