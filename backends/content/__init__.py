"""What the bot says and does once an intent is known: replies, flows, slots and actions of a bot folder.

Shared by every backend that ends in an intent. It knows no classifier, no storage and no socket.
"""
