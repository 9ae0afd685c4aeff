"""One instance to another: sealed questions, who signed, requests handed to their owner."""
