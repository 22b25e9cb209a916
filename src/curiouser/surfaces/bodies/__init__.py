"""Records as JSON bodies: what ``--json`` prints, byte for byte what REST answers."""
