//! Bytes to the places where readers find them.
