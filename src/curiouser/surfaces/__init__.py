"""Where people and programs meet the house: parse, call one service, present.

No rule, no SQL and no arithmetic lives here; the command line, and later REST
and the pages, present the same bodies of the same services.
"""
