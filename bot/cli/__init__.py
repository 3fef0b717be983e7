"""Commands of the server package: thin shells that parse, call and print."""
