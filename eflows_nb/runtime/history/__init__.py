"""What is known of a run after the fact: the lines of its journal, its state, where its time went."""
