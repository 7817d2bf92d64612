"""The texts that customers read, by language: messages, and the words of the pages."""
