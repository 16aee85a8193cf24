//! What a refresh changes: pure decisions from what is held and what came in.

mod changes;
mod state;

pub use changes::{Changes, DocumentState, Edit, NewArticle, PendingPage};
pub use state::{Health, Moving, SourceState};
