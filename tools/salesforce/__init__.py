"""What a deploy would refuse, found without an org: each module is one gate, ``__main__`` runs those that take seconds."""
