//! WebSub beside the two loops: `subscribe` asks hubs elsewhere to tell us, `hub` tells those who subscribed here, and
//! `announce` tells hubs elsewhere that a feed of ours changed. What hubs send goes through the refresh loop
//! like everything else (`arrival`).

mod announce;
pub(super) mod arrival;
mod hub;
mod lanes;
mod news;
mod subscribe;

use tokio_util::sync::CancellationToken;
use url::Url;

pub use announce::{announce_all, is_feed};
pub use hub::{Content, Contents, Hub, INTENTS};
pub use news::News;

use super::Pipeline;

/// Who is told of changes to our feeds.
pub struct Telling {
    /// The published files that changed.
    pub news: std::sync::Arc<News>,
    /// Our own hub.
    pub hub: Option<Hub>,
    /// Hubs elsewhere.
    pub outside: Vec<Url>,
    /// Where the output lives; ends in `/`.
    pub base_url: Url,
}

/// Holds our subscriptions and tells others, until cancelled.
pub async fn tell_and_be_told(pipeline: &Pipeline, telling: &mut Telling, cancel: &CancellationToken) {
    tokio::join!(pipeline.hold_subscriptions(cancel), telling.tell(pipeline, cancel));
}

/// An address with these parameters added to its query.
fn with_query(url: &Url, pairs: &[(&str, &str)]) -> Url {
    let mut url = url.clone();
    url.query_pairs_mut().extend_pairs(pairs);
    url
}

/// A form as the body of a request.
fn form(pairs: &[(&str, &str)]) -> bytes::Bytes {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(pairs);
    form.finish().into()
}

/// `Content-Type` of a form.
const FORM: &str = "application/x-www-form-urlencoded";
