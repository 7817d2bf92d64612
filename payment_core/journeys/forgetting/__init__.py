"""What is erased: by age, and of a person who asks for it."""
