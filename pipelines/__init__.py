"""The stages in order, the store they write to, and the command line. Decides nothing that a room below decides."""
