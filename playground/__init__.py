"""The playground: the outside world on loopback, with documented wire formats; the bot never imports it."""
