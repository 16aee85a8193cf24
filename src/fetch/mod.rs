//! Asking servers, politely.
