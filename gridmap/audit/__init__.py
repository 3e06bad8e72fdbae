"""Who saw or changed what, chained, in the same transaction as the act."""
