"""The system in one process and one thread, without Kafka and PostgreSQL, on a virtual clock.

Everything that runs here is the real code: intake, turns, processor, relay, timer loop, and each
service's load, apply and save. Only the two borders are replaced: the named SQL statements are
answered by tables in memory, and the producer appends to a log in memory.
"""
