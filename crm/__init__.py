"""The CRM tables, reading history into them, writing scores back, and the simulated company."""
