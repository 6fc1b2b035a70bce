"""The paper: exam packs, questions, answer keys and pass criteria."""
