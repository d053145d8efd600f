"""The two transports between the journal and the handlers, and the sender; they know no channel and no rule."""
