"""The gallery: every card there is, with made-up people on it; it knows the kinds and the cards, and no wire."""
