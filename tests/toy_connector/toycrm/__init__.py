"""A toy CRM (a SQLite file with leads, changes and users) and the connector that lets leadq deliver to it and learn from it."""
