"""The pure rules of the books: state, facts that come in, events that follow. No I/O, no clock."""
