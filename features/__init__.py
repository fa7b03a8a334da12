"""What is known of a lead at a moment: landmarks, labels, point-in-time features, agreed rules, data leak checks."""
