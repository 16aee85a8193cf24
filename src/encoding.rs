//! Bytes to characters: byte order mark, what the transport and the document declare, and what the bytes prove.
