"""What a person sees of a session in a notebook or a terminal."""
