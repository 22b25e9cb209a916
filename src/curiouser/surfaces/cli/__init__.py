"""The command line: noun, verb, and ``--json`` everywhere."""
