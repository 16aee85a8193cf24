//! The demo: a sample world on loopback, and the real pipeline run against it.

mod world;
