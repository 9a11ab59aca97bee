"""The pure law of a contract: ``decide`` says what a message means, ``evolve`` applies it."""
