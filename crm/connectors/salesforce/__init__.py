"""Salesforce: sign-in, reading history, writing scores, and the metadata of the fields."""
