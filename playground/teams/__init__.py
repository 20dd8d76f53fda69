"""The playground's Teams: chats, the Bot connector and the client; it alone decides what a person sees."""
