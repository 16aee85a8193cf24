//! A feed document to a [`Reading`](crate::model::Reading).
