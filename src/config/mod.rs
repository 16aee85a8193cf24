//! Settings: every module's joined, from file, environment and flags.
