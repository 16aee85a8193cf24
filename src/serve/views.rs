//! Views of feeds, made when they are asked for: `{feed}.rss?q=…`.
//!
//! Whoever asks is a stranger, and every query may be a new one. So a view that was made is kept as long as its feed stays as it was; only
//! a few are made at once and a few more wait; and all of them together get a share of one processor (`Budget`).
//! Beyond that strangers are told to come again, and the feeds themselves are answered as ever.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::Resource;
use super::outlook::Outlook;
use super::shelf::{Dates, Held, later};
use crate::compose::View;
use crate::model::Format;
use crate::publish::Twins;

/// Views made at once, and those that wait for their turn.
const AT_ONCE: usize = 2;
const WAITING: usize = 16;
/// The longest that a view waits for its turn, and that it takes.
const TURN: Duration = Duration::from_secs(2);
const WORK: Duration = Duration::from_secs(5);
/// Views kept, and their bytes in all.
const KEPT: usize = 256;
const KEPT_BYTES: usize = 32 << 20;
/// What a view costs at least that was begun and given up by who asked.
const GIVEN_UP: Duration = Duration::from_millis(500);
/// A view of the last days shows something else as time goes by.
const MOVING: Duration = Duration::from_mins(5);
/// What a reader may keep where nothing is known of the feed's sources, in seconds.
const MAX_AGE_SECONDS: u32 = 300;

/// What is wanted.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The feed.
    pub feed: String,
    /// The format; `None` = the page for people.
    pub format: Option<Format>,
    /// What of it.
    pub view: View,
}

/// A view as made.
#[derive(Debug, Clone)]
pub struct Made {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// What they are.
    pub media_type: &'static str,
}

/// Why there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// There is no such feed.
    NotThere,
    /// It cannot be asked for like this; says why.
    Wrong(String),
    /// It cannot be made now; says why, for the log.
    Failed(String),
}

/// Makes views.
pub type Make = dyn Fn(Wanted) -> BoxFuture<'static, Result<Made, Refused>> + Send + Sync;

/// Answers views.
pub struct Views {
    make: Arc<Make>,
    permits: Semaphore,
    waiting: AtomicUsize,
    /// Guards the map for single steps.
    kept: Mutex<Kept>,
    budget: Mutex<Budget>,
}

/// What came of a request.
pub(super) enum Found {
    /// The view.
    View(Arc<Resource>),
    /// There is no such feed.
    Nothing,
    /// Something else to say.
    Said(Response),
}

impl Views {
    /// Views made by `make`.
    #[must_use]
    pub fn new(make: Arc<Make>) -> Self {
        let budget = Mutex::new(Budget::full(Instant::now()));
        let (waiting, kept) = Default::default();
        Self { make, permits: Semaphore::new(AT_ONCE), waiting, kept, budget }
    }

    /// The view that a query asks for of a feed.
    pub(super) async fn find(&self, feed: &Held, format: Option<Format>, view: View) -> Found {
        let name = &feed.terms.feed;
        let ending = format.map_or("/", Format::extension);
        let key = format!("{name}.{ending}?{}", view.query());
        let moves = view.moves();
        let times_made = feed.outlook.times_made();
        if let Some(resource) = self.kept().fresh(&key, times_made, Instant::now()) {
            count("kept");
            return Found::View(resource);
        }
        if let Some(wait) = self.budget().refusal(Instant::now()) {
            return busy(wait);
        }
        let Some(_turn) = self.turn().await else { return busy(TURN) };
        // Another may have asked for the same meanwhile.
        if let Some(resource) = self.kept().fresh(&key, times_made, Instant::now()) {
            count("kept");
            return Found::View(resource);
        }
        let mut spending = Spending { views: self, began: Instant::now(), is_done: false };
        let made = timeout(WORK, (self.make)(Wanted { feed: name.clone(), format, view })).await;
        spending.is_done = true;
        match made {
            Ok(Ok(made)) => {
                count("made");
                let label = if format.is_some() { format!("{name}.{ending}?") } else { format!("{name}/?") };
                let until = moves.then(|| Instant::now() + MOVING);
                let before = self.kept().remove(&key);
                let resource = resource(&label, made, feed, before);
                self.kept().put(key, Arc::clone(&resource), times_made, until);
                Found::View(resource)
            }
            Ok(Err(Refused::NotThere)) => Found::Nothing,
            Ok(Err(Refused::Wrong(message))) => wrong(&message),
            Ok(Err(Refused::Failed(message))) => {
                tracing::error!(feed.id = %name, "a view of `{name}` cannot be made: {message}");
                busy(Duration::from_mins(1))
            }
            Err(_) => {
                tracing::warn!(feed.id = %name, "a view of `{name}` took too long and was given up");
                busy(Duration::from_mins(1))
            }
        }
    }

    /// Waits for a turn; `None` where too many wait, or it does not come.
    async fn turn(&self) -> Option<tokio::sync::SemaphorePermit<'_>> {
        if let Ok(permit) = self.permits.try_acquire() {
            return Some(permit);
        }
        let _place = Place::take(&self.waiting)?;
        timeout(TURN, self.permits.acquire()).await.ok()?.ok()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn budget(&self) -> MutexGuard<'_, Budget> {
        self.budget.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn count(outcome: &'static str) {
    metrics::counter!("courant_views_total", "outcome" => outcome).increment(1);
}

/// 503 with the time to wait.
fn busy(wait: Duration) -> Found {
    count("refused");
    let seconds = wait.as_secs().max(1).to_string();
    let text = format!("too much is asked for at once: try again in {seconds} s\n");
    Found::Said((StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, seconds)], text).into_response())
}

/// 400 with what is wrong.
pub(super) fn wrong(message: &str) -> Found {
    count("wrong");
    let text = format!("this view cannot be read: {message}\n");
    Found::Said((StatusCode::BAD_REQUEST, [(CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response())
}

/// A place among those that wait, given back when dropped.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn take(waiting: &'a AtomicUsize) -> Option<Self> {
        let place = Self(waiting);
        (waiting.fetch_add(1, Ordering::AcqRel) < WAITING).then_some(place)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// What all views together may take: a quarter of the time, in the long run.
#[derive(Debug, Clone, Copy)]
struct Budget {
    left: Duration,
    /// Work beyond what there was, still to be waited for.
    owed: Duration,
    at: Instant,
}

impl Budget {
    const MOST: Duration = Duration::from_secs(10);
    const SHARE: u32 = 4;

    fn full(now: Instant) -> Self {
        Self { left: Self::MOST, owed: Duration::ZERO, at: now }
    }

    /// How long to wait before there is something to spend; `None` where there is.
    fn refusal(&mut self, now: Instant) -> Option<Duration> {
        let earned = now.saturating_duration_since(self.at) / Self::SHARE;
        self.at = now;
        let paid = earned.min(self.owed);
        self.owed -= paid;
        self.left = (self.left + earned.saturating_sub(paid)).min(Self::MOST);
        (self.left.is_zero()).then(|| (self.owed + Duration::from_millis(250)) * Self::SHARE)
    }

    fn spend(&mut self, spent: Duration) {
        self.owed += spent.saturating_sub(self.left);
        self.left = self.left.saturating_sub(spent);
    }
}

/// Charges what a view takes, also where nobody waits for it any more: what was begun for who hung up goes on for a while.
struct Spending<'a> {
    views: &'a Views,
    began: Instant,
    is_done: bool,
}

impl Drop for Spending<'_> {
    fn drop(&mut self) {
        let least = if self.is_done { Duration::ZERO } else { GIVEN_UP };
        self.views.budget().spend(self.began.elapsed().max(least));
    }
}

/// The views that were made, the longest unused of them dropped where there are too many.
#[derive(Debug, Default)]
struct Kept {
    views: HashMap<String, One>,
    bytes: usize,
    /// Counts uses.
    uses: u64,
}

#[derive(Debug)]
struct One {
    resource: Arc<Resource>,
    bytes: usize,
    /// How often its feed had been made then.
    times_made: u64,
    until: Option<Instant>,
    used: u64,
}

impl Kept {
    fn fresh(&mut self, key: &str, times_made: u64, now: Instant) -> Option<Arc<Resource>> {
        self.uses += 1;
        let one = self.views.get_mut(key)?;
        one.used = self.uses;
        let is_fresh = one.times_made == times_made && one.until.is_none_or(|until| now < until);
        is_fresh.then(|| Arc::clone(&one.resource))
    }

    /// Takes a view out, as it was made last.
    fn remove(&mut self, key: &str) -> Option<Arc<Resource>> {
        let one = self.views.remove(key)?;
        self.bytes -= one.bytes;
        Some(one.resource)
    }

    /// Keeps a view.
    fn put(&mut self, key: String, resource: Arc<Resource>, times_made: u64, until: Option<Instant>) {
        self.uses += 1;
        self.remove(&key);
        let bytes = resource.bytes() + key.len();
        self.bytes += bytes;
        self.views.insert(key, One { resource, bytes, times_made, until, used: self.uses });
        while self.views.len() > KEPT || self.bytes > KEPT_BYTES {
            let Some(longest) = self.views.iter().min_by_key(|(_, one)| one.used).map(|(key, _)| key.clone()) else {
                break;
            };
            self.remove(&longest);
        }
    }
}

/// A view to be handed out. The same bytes as `before` keep their date; others get a new one.
fn resource(label: &str, made: Made, feed: &Held, before: Option<Arc<Resource>>) -> Arc<Resource> {
    let Made { bytes, media_type } = made;
    let plain = &Bytes::from(bytes);
    let modified = match before {
        Some(before) if before.plain == *plain && before.media_type == media_type => return before,
        before => Timestamp::now().max(before.map_or(Timestamp::MIN, |before| later(before.modified))),
    };
    let outlook: Option<Arc<Outlook>> = feed.terms.max_age.is_none().then(|| Arc::clone(&feed.outlook));
    let max_age = feed.terms.max_age.unwrap_or(MAX_AGE_SECONDS);
    let dates = Dates { modified, max_age, outlook };
    Arc::new(Resource::new(label, media_type, plain, &Twins::gzipped(plain), dates))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::{Shelf, Terms};

    fn feed() -> Arc<Held> {
        let shelf = Shelf::default();
        shelf.learn([Terms { feed: "news".to_owned(), formats: vec![Format::Rss], max_age: None }]);
        shelf.feed("news").unwrap()
    }

    fn put(kept: &mut Kept, key: &str, text: &str, times_made: u64, until: Option<Instant>) -> Arc<Resource> {
        let made = Made { bytes: text.as_bytes().to_vec(), media_type: "application/rss+xml" };
        let before = kept.remove(key);
        let resource = resource("x", made, &feed(), before);
        kept.put(key.to_owned(), Arc::clone(&resource), times_made, until);
        resource
    }

    #[test]
    fn what_is_kept_is_bounded_and_the_longest_unused_goes_first() {
        let (now, mut kept) = (Instant::now(), Kept::default());
        for number in 0..KEPT {
            put(&mut kept, &number.to_string(), "text", 0, None);
        }
        assert!(kept.fresh("0", 0, now).is_some());
        put(&mut kept, "new", "text", 0, None);
        assert_eq!(kept.views.len(), KEPT);
        assert!(kept.fresh("1", 0, now).is_none() && kept.fresh("0", 0, now).is_some());
        let large = "x".repeat(KEPT_BYTES / 2);
        put(&mut kept, "large", &large, 0, None);
        put(&mut kept, "larger", &large, 0, None);
        assert!(kept.bytes <= KEPT_BYTES && kept.views.contains_key("larger"), "{}", kept.bytes);
    }

    #[test]
    fn a_view_holds_until_its_feed_is_made_again_and_the_same_bytes_keep_their_date() {
        let (now, mut kept) = (Instant::now(), Kept::default());
        let until = Some(now + MOVING);
        let first = put(&mut kept, "a", "text", 7, until);
        assert!(kept.fresh("a", 7, now).is_some());
        assert!(kept.fresh("a", 8, now).is_none(), "the feed was made again");
        assert!(kept.fresh("a", 7, now + MOVING).is_none(), "time went by");
        assert!(Arc::ptr_eq(&first, &put(&mut kept, "a", "text", 8, None)));
        assert!(!Arc::ptr_eq(&first, &put(&mut kept, "a", "other", 9, None)));
    }

    #[test]
    fn views_get_a_share_of_the_time_and_strangers_are_told_how_long_to_wait() {
        let start = Instant::now();
        let mut budget = Budget::full(start);
        assert_eq!(budget.refusal(start), None);
        budget.spend(Duration::from_secs(12));
        let wait = budget.refusal(start).unwrap();
        assert_eq!(wait, Duration::from_secs(9), "what is owed, and a little, at a quarter of the time");
        assert!(budget.refusal(start + Duration::from_secs(7)).is_some());
        assert_eq!(budget.refusal(start + wait), None);
        assert_eq!(budget.refusal(start + Duration::from_hours(9)), None);
        assert_eq!(budget.left, Budget::MOST, "idle time is not saved up for ever");
    }

    #[tokio::test]
    async fn who_hangs_up_is_charged_all_the_same() {
        let never: Arc<Make> = Arc::new(|_| Box::pin(std::future::pending()));
        let (views, feed) = (Views::new(never), feed());
        for _ in 0..30 {
            let asked = views.find(&feed, Some(Format::Rss), View::read("q=water").unwrap());
            assert!(timeout(Duration::ZERO, asked).await.is_err() || views.budget().left.is_zero());
        }
        assert!(views.budget().left.is_zero(), "{:?}", views.budget());
        assert_eq!(views.permits.available_permits(), AT_ONCE, "and holds no turn");
    }
}
