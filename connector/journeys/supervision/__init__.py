"""What a supervisor or an operator decides by name, with a reason that is kept, where no record of the core decides."""
