"""The one application behind REST and the web pages: who asks, from where, and what they may do.

Every route says which role it needs, or the application refuses to start; a
request is let in here before its body is read. Slides 20 and 39: the people
around a model meet it through a page.
"""
