//! What the fuzz targets share: a document out of bytes, a feed document out of choices, and what must hold of every result.

pub mod active;
pub mod document;
pub mod feed_text;
pub mod publish;
pub mod reading;
