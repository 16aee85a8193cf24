//! A page to one [`Entry`](crate::model::Entry).
