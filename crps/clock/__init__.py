"""The sandbox's virtual clock from outside: where it stands, and how it is set (`crps clock`)."""
