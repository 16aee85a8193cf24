//! Articles to a [`Feed`](crate::model::Feed).
