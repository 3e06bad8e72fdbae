"""Registers handed in as files: received, understood, checked, previewed, committed. Every row gets one verdict."""
