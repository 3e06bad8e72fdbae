"""The demonstration register: invented residents of the synthetic city, as frames and as rows of a store."""
