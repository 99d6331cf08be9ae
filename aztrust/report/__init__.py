"""Verdicts, records and plans as text, JSON and documents. Nothing is decided here."""
