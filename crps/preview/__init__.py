"""What would happen: to a command that is sent now, and to a contract if nobody acts."""
