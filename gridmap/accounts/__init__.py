"""Users, sessions and the actor that every use case receives."""
