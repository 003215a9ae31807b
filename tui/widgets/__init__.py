"""What screens are made of: small widgets that draw lines of cells and know nothing of stores and networks."""
