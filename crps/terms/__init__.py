"""Terms before anybody signs them: what would be refused, misread, or serve one side only."""
