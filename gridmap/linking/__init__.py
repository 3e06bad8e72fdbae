"""From an address as people type it to the one dwelling it means, or to the reason why it cannot be told."""
