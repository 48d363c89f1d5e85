"""Sweep budgets and look for masked gradients."""
