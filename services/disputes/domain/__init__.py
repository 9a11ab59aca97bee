"""The pure law of a dispute: ``decide`` says what a message means, ``evolve`` applies it."""
