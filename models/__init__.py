"""The conversion model: fit, calibrate, attribute, validate, bundle, score, register. Code only, no trained things."""
