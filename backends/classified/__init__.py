"""What backends have in common whose classifier stands in front of the bot folder's content."""
