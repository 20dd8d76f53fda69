"""The playground's Graph: the routes the desk uses; what is not granted is answered 403."""
