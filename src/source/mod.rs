//! The kinds of sources, and how each reads its document.
