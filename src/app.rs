//! Builds the parts once and hands each its own settings.
