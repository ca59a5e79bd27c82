"""Tokens: their structure, their keys and their claims; no table and no request is known here."""
