"""Analyse one file and make figures of it for paper."""
