"""Service disputes: the contested bucket, what each side claims of it, and its signed ending.

Consumes contracts.events and disputes.commands; emits disputes.events and answers on
disputes.answers.
"""
