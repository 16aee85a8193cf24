//! The two loops: refresh and render.
