//! What a refresh changes: pure decisions from what is held and what came in.

mod changes;
pub mod health;
mod state;
pub mod timing;

pub use changes::{Changes, DocumentState, Edit, NewArticle, PendingPage};
pub use state::{Health, Moving, SourceLimits, SourceState};
