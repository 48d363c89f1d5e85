"""Remember what a session has and what the process shares."""
