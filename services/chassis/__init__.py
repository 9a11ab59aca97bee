"""The shared kernel of the services: log, outbox, inbox, database, health, lifecycle.

Admission test: would a fifth service use it unchanged, and does it hold no word of the business?
"""
