//! The published files that changed and were not announced yet.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use tokio::sync::Notify;

/// Paths of published files, each once.
#[derive(Debug, Default)]
pub struct News {
    /// Guards the set only.
    paths: Mutex<BTreeSet<String>>,
    changed: Notify,
}

impl News {
    /// Notes files that changed.
    pub fn add<'a>(&self, paths: impl IntoIterator<Item = &'a String>) {
        let mut noted = self.paths.lock().unwrap_or_else(PoisonError::into_inner);
        noted.extend(paths.into_iter().cloned());
        if !noted.is_empty() {
            self.changed.notify_one();
        }
    }

    /// Takes what was noted.
    pub fn take(&self) -> BTreeSet<String> {
        std::mem::take(&mut *self.paths.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Waits until something is noted.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }
}
