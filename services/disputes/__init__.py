"""Disputes: the contested bucket. It runs and listens; no message of it is published yet."""
