"""The nouns: what a decision is asked about and what it answers. Frozen values, parsed once, known to every layer above."""
