"""What all commands share: output, terminals, arguments, start-up."""
