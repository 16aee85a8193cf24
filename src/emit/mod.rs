//! A [`Feed`](crate::model::Feed) to bytes in every format.
