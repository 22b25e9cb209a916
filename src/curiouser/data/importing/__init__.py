"""From rows that somebody has to a data commit: types, ids, checks, and the rows that are set aside."""
