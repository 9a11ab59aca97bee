"""Scenarios: the rules as files that run. What people do and when, and what must come of it.

A file is read as a ``script``, its terms and acts are written as the messages of the published
language, and the four services' own code plays them in memory on a virtual clock.
"""
