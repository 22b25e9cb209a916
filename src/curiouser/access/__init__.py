"""Who may do what: users, roles, sessions, tokens, and the log of who did what.

A user has a role per workspace, a session or a token shows who asks, and a
chain of hashes shows that nobody rewrote the log. It serves the business
people, labellers and experts of slides 6-12, who will not use a terminal.
"""
