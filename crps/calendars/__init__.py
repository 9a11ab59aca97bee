"""Business calendars for operators: documents, their import from a library, their publication.

A calendar is data: which days are worked is decided by governments, a year at a time.
"""
