"""The local stack: real Kafka and PostgreSQL, and the services, without Docker.

It owns the processes of a machine that has none of its own: it starts them on free loopback
ports, keeps their state in one folder, and leaves no process behind when it is told to stop.
"""
