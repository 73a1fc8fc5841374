"""What keeps the operator's shell from the machine: bubblewrap, else Landlock with seccomp."""
