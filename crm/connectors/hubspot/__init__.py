"""HubSpot: history in, scores out."""
