"""What sales and marketing signed: definitions, tiers, promises, rules, duties. Data only."""
