"""The published language for readers outside Python: JSON Schemas, AsyncAPI, a page to read.

All of it is written from ``schemas`` and the topics table, committed, and held current by
``crps schemas check``; ``crps schemas diff`` tells what would break whom.
"""
