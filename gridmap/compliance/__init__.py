"""Rules over indicators: does an area meet them, what is short of it, and what to do."""
