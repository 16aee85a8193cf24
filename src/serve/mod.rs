//! What subscribers and operators see over HTTP.
