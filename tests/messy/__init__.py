"""Messy registers: address texts as offices write them, with the truth beside each."""
