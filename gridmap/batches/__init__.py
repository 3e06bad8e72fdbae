"""Import batches and their rows: verdict, reason, what they wrote."""
