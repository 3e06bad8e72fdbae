"""Records that may mean one person: found, judged, merged or kept apart."""
