//! An [`Entry`](crate::model::Entry) to a [`Draft`](crate::model::Draft).
