"""What is remembered when somebody is refused or a peer says no: the first sign of what breaks an agent's day."""
