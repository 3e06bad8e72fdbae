"""The forms by which people change records: what they show, and what they send to the services."""
