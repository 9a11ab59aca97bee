"""Wire to domain and back: the only room of contracts that knows message models and versions."""
