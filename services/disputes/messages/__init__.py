"""Wire to domain and back: the only room of disputes that knows message models and versions."""
