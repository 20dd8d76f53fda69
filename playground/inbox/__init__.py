"""The inbox of each person: what came by mail, and its links."""
