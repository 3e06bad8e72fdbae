"""The journal: what each change of the register replaced, so that it can be read as history and undone exactly."""
