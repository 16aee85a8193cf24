//! One request at a time for each host, a rest in between, and a pause where the host asks for one.
//!
//! A host is an origin without its scheme, `name:port`: a pause asked for by one does not silence its neighbours under the
//! same domain. What is known of a host lives in memory; [`Remembered`] is the part worth keeping between runs and sharing
//! between workers, and the conductor carries it to and from the store.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};
use tokio::time::{self, Instant};
use url::Url;

use super::Failure;
use super::robots::Robots;

/// A rest longer than this is not sat out: the request is put off instead.
const MAX_REST: Duration = Duration::from_mins(1);

/// Nobody waits longer than this for the requests ahead of it.
const MAX_QUEUE: Duration = Duration::from_mins(5);

/// A pause asked for is obeyed up to this.
const MAX_PAUSE: Duration = Duration::from_hours(24);

/// How long a robots.txt holds (RFC 9309 §2.4).
const ROBOTS_HOLD: Duration = Duration::from_hours(24);

/// How long a host whose robots.txt cannot be had is left alone before it is asked for it again.
const ROBOTS_RETRY: Duration = Duration::from_hours(1);

/// Hosts that rest and hold nothing are forgotten when the table has doubled since the last time, from this size on.
const SWEEP_FROM: usize = 1_024;

/// Where `url` is asked: host and port, the unit of politeness and of what is [`Remembered`].
#[must_use]
pub fn host_key(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    format!("{host}:{}", url.port_or_known_default().unwrap_or_default())
}

/// The host of `url` for messages: the port only where it is not the usual one.
pub(super) fn shown_host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// What is worth keeping of a host between runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Remembered {
    /// No request before this.
    pub next_slot: Option<Timestamp>,
    /// What its robots.txt says to us; empty when it has none or says nothing.
    pub robots: Option<String>,
    /// When that was fetched.
    pub robots_at: Option<Timestamp>,
}

/// The present, told once by the caller and moved on by the clock that waits are measured with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Now {
    at: Timestamp,
    since: Instant,
}

impl Now {
    pub(super) fn new(at: Timestamp) -> Self {
        Self { at, since: Instant::now() }
    }

    pub(super) fn get(&self) -> Timestamp {
        self.at.saturating_add(self.since.elapsed()).unwrap_or(Timestamp::MAX)
    }
}

/// Every host that was asked lately.
#[derive(Debug)]
pub(super) struct Hosts {
    /// Guards the table only; a host's own facts have their own lock.
    table: Mutex<Table>,
    /// Pauses asked for that nobody has kept yet. Guards the map only.
    asked: Mutex<BTreeMap<String, Timestamp>>,
    /// The longest rest between two requests of a host whose robots.txt is not known.
    spacing: Duration,
}

#[derive(Debug, Default)]
struct Table {
    hosts: HashMap<Arc<str>, Arc<Host>>,
    sweep_at: usize,
}

impl Hosts {
    /// No hosts yet; `spacing` is the rest between two pages of one.
    pub(super) fn new(spacing: Duration) -> Self {
        Self { table: Mutex::default(), asked: Mutex::default(), spacing }
    }

    /// Lets a host rest, as it asked.
    pub(super) fn pause(&self, host: &Host, length: Duration, now: Timestamp) {
        let until = host.pause(length, now);
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).insert(host.name.as_ref().to_owned(), until);
    }

    /// The pauses asked for since the last call.
    pub(super) fn take_asked(&self) -> BTreeMap<String, Timestamp> {
        std::mem::take(&mut *self.asked.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes pauses back that could not be kept.
    pub(super) fn take_back(&self, pauses: BTreeMap<String, Timestamp>) {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        for (host, until) in pauses {
            let held = asked.entry(host).or_insert(until);
            *held = until.max(*held);
        }
    }

    /// Moves every moment along with a clock that was set.
    pub(super) fn shift(&self, by: SignedDuration) {
        let table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        for host in table.hosts.values() {
            let mut facts = host.facts();
            let Facts { last_at, paused_until, robots } = &mut *facts;
            let robots = robots.iter_mut().flat_map(|known| [&mut known.at, &mut known.until]);
            for moment in [last_at, paused_until].into_iter().flatten().chain(robots) {
                *moment = moment.saturating_add(by).unwrap_or(*moment);
            }
        }
    }

    /// The host named `key`, where it was asked before.
    pub(super) fn find(&self, key: &str) -> Option<Arc<Host>> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner).hosts.get(key).map(Arc::clone)
    }

    /// The host named `key`.
    pub(super) fn get(&self, key: &str, now: Timestamp) -> Arc<Host> {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(host) = table.hosts.get(key) {
            return Arc::clone(host);
        }
        if table.hosts.len() >= table.sweep_at.max(SWEEP_FROM) {
            table.hosts.retain(|_, host| Arc::strong_count(host) > 1 || host.is_worth_keeping(self.spacing, now));
            table.sweep_at = table.hosts.len() * 2;
        }
        let key: Arc<str> = key.into();
        let host = Arc::new(Host::new(&key));
        table.hosts.insert(key, Arc::clone(&host));
        host
    }
}

/// One host.
#[derive(Debug)]
pub(super) struct Host {
    /// The key it is found by.
    name: Arc<str>,
    /// The one turn there is.
    turn: Arc<Semaphore>,
    /// How many wait for it.
    waiting: AtomicUsize,
    /// Held while its robots.txt is fetched, so that it is fetched once.
    robots_turn: Semaphore,
    /// Short reads and writes only.
    facts: Mutex<Facts>,
}

#[derive(Debug, Default)]
struct Facts {
    last_at: Option<Timestamp>,
    paused_until: Option<Timestamp>,
    robots: Option<KnownRobots>,
}

#[derive(Debug, Clone)]
struct KnownRobots {
    verdict: Verdict,
    at: Timestamp,
    until: Timestamp,
}

/// What is known of a host's robots.txt.
#[derive(Debug, Clone)]
pub(super) enum Verdict {
    /// It was read, or there is none.
    Rules(Arc<Robots>),
    /// It could not be had.
    Unknown,
}

/// The right to send one request to a host; the next may begin when it is dropped.
#[derive(Debug)]
pub(super) struct Turn {
    host: Arc<Host>,
    now: Now,
    _permit: OwnedSemaphorePermit,
}

impl Turn {
    /// Whether nobody waits for the next one.
    pub(super) fn is_last(&self) -> bool {
        self.host.waiting.load(Ordering::Relaxed) == 0
    }
}

/// Counts one who waits, also one who gives up.
struct Waiting<'a>(&'a Host);

impl<'a> Waiting<'a> {
    fn new(host: &'a Host) -> Self {
        host.waiting.fetch_add(1, Ordering::Relaxed);
        Self(host)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        // Also when the exchange was cancelled: the rest begins where it ended.
        self.host.facts().last_at = Some(self.now.get());
    }
}

impl Host {
    fn new(name: &Arc<str>) -> Self {
        Self {
            name: Arc::clone(name),
            turn: Arc::new(Semaphore::new(1)),
            waiting: AtomicUsize::new(0),
            robots_turn: Semaphore::new(1),
            facts: Mutex::default(),
        }
    }

    fn facts(&self) -> std::sync::MutexGuard<'_, Facts> {
        self.facts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the host's turn and for `spacing` since its last request. Fails at once when the host rests for long.
    pub(super) async fn turn(self: &Arc<Self>, spacing: Duration, now: Now) -> Result<Turn, Failure> {
        self.rest(spacing, now.get())?;
        let waiting = Waiting::new(self);
        let queued = time::timeout(MAX_QUEUE, Arc::clone(&self.turn).acquire_owned()).await;
        drop(waiting);
        let Ok(permit) = queued else {
            let until = later(now.get(), MAX_REST);
            return Err(self.postponed(until, "too many requests wait for it"));
        };
        let permit = permit.expect("the turn of a host is never closed");
        // A request ahead of us may have been told to slow down meanwhile.
        while let Some(rest) = self.rest(spacing, now.get())? {
            time::sleep(rest).await;
        }
        Ok(Turn { host: Arc::clone(self), now, _permit: permit })
    }

    /// How long to wait before the next request; an error when that is too long to sit out.
    fn rest(&self, spacing: Duration, now: Timestamp) -> Result<Option<Duration>, Failure> {
        let facts = self.facts();
        let pause = facts.paused_until.map_or(Duration::ZERO, |until| between(now, until));
        // The clock of another request may be ahead of ours; the rest is never longer than the spacing.
        let spaced = facts.last_at.map_or(Duration::ZERO, |last| between(now, later(last.min(now), spacing)));
        drop(facts);
        if pause > MAX_REST {
            return Err(self.postponed(later(now, pause), "it asked for a pause"));
        }
        let rest = pause.max(spaced);
        Ok((!rest.is_zero()).then_some(rest))
    }

    fn postponed(&self, until: Timestamp, why: &'static str) -> Failure {
        // The key names the port; people need it only where it is not the usual one.
        let usual = [":443", ":80"].iter().find_map(|port| self.name.strip_suffix(port));
        Failure::Postponed { host: usual.unwrap_or(&self.name).to_owned(), until, why }
    }

    /// Lets the host rest, as it asked; until when.
    fn pause(&self, length: Duration, now: Timestamp) -> Timestamp {
        let until = later(now, length.min(MAX_PAUSE));
        let mut facts = self.facts();
        let until = facts.paused_until.map_or(until, |held| held.max(until));
        facts.paused_until = Some(until);
        until
    }

    /// What is known of its robots.txt and still holds.
    pub(super) fn robots(&self, now: Timestamp) -> Option<Verdict> {
        self.facts().robots.as_ref().filter(|known| known.until > now).map(|known| known.verdict.clone())
    }

    /// The right to fetch its robots.txt.
    pub(super) async fn robots_turn(&self) -> SemaphorePermit<'_> {
        self.robots_turn.acquire().await.expect("the turn of a host is never closed")
    }

    /// Keeps a robots.txt that was fetched at `at`.
    pub(super) fn learn_robots(&self, text: &str, at: Timestamp) -> Arc<Robots> {
        let rules = Arc::new(Robots::parse(text));
        let verdict = Verdict::Rules(Arc::clone(&rules));
        self.facts().robots = Some(KnownRobots { verdict, at, until: later(at, ROBOTS_HOLD) });
        rules
    }

    /// The robots.txt could not be had: an earlier one goes on holding, else the host is left alone for a while.
    pub(super) fn miss_robots(&self, now: Timestamp) -> Verdict {
        let mut facts = self.facts();
        let known = facts.robots.get_or_insert(KnownRobots { verdict: Verdict::Unknown, at: now, until: now });
        known.until = later(now, ROBOTS_RETRY);
        known.verdict.clone()
    }

    pub(super) fn remember(&self, remembered: &Remembered, now: Timestamp) {
        if let Some(next_slot) = remembered.next_slot {
            // Whatever a clock that ran wrong may have written.
            let next_slot = next_slot.min(later(now, MAX_PAUSE));
            let mut facts = self.facts();
            facts.paused_until = facts.paused_until.max(Some(next_slot));
        }
        if let (Some(text), Some(at)) = (&remembered.robots, remembered.robots_at) {
            let at = at.min(now);
            let is_newer = self.facts().robots.as_ref().is_none_or(|known| known.at < at);
            if is_newer {
                self.learn_robots(text, at);
            }
        }
    }

    pub(super) fn remembered(&self, spacing: Duration) -> Remembered {
        let facts = self.facts();
        let rules = facts.robots.as_ref().and_then(|known| match &known.verdict {
            Verdict::Rules(rules) => Some((rules, known.at)),
            Verdict::Unknown => None,
        });
        Remembered {
            next_slot: facts.paused_until.max(facts.last_at.map(|last| later(last, spacing))),
            robots: rules.map(|(rules, _)| rules.to_string()),
            robots_at: rules.map(|(_, at)| at),
        }
    }

    /// A rest that its robots.txt asks for needs no look: that is kept for a day.
    fn is_worth_keeping(&self, spacing: Duration, now: Timestamp) -> bool {
        let facts = self.facts();
        facts.paused_until.is_some_and(|until| until > now)
            || facts.last_at.is_some_and(|last| later(last, spacing) > now)
            || facts.robots.as_ref().is_some_and(|known| known.until > now)
    }
}

fn later(at: Timestamp, by: Duration) -> Timestamp {
    at.saturating_add(by).unwrap_or(Timestamp::MAX)
}

fn between(start: Timestamp, end: Timestamp) -> Duration {
    Duration::try_from(end.duration_since(start)).unwrap_or(Duration::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPACING: Duration = Duration::from_secs(1);

    fn start() -> Timestamp {
        "2026-03-01T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn a_host_is_its_name_and_port() {
        let rows = [
            ("https://a.example/x", "a.example:443"),
            ("http://A.example/x", "a.example:80"),
            ("https://a.example:8443/", "a.example:8443"),
            ("http://[::1]/", "[::1]:80"),
        ];
        for (url, wanted) in rows {
            assert_eq!(host_key(&Url::parse(url).unwrap()), wanted);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn turns_come_one_by_one_and_spaced() {
        let hosts = Hosts::new(SPACING);
        let now = Now::new(start());
        let host = hosts.get("a.example:443", start());
        let begun = Instant::now();
        let first = host.turn(SPACING, now).await.unwrap();
        assert_eq!(begun.elapsed(), Duration::ZERO);
        let second = tokio::spawn({
            let host = hosts.get("a.example:443", start());
            async move { host.turn(SPACING, now).await.map(|_| begun.elapsed()) }
        });
        time::sleep(Duration::from_secs(3)).await;
        assert!(!second.is_finished());
        drop(first);
        assert_eq!(second.await.unwrap().unwrap().as_secs(), 4);
        let other = hosts.get("b.example:443", start());
        drop(other.turn(SPACING, now).await.unwrap());
        drop(host.turn(Duration::ZERO, now).await.unwrap());
        assert_eq!(begun.elapsed().as_secs(), 4, "other hosts and feeds do not wait");
    }

    #[tokio::test(start_paused = true)]
    async fn a_short_pause_is_sat_out_and_a_long_one_puts_off() {
        let host = Hosts::new(SPACING).get("a.example:443", start());
        let now = Now::new(start());
        host.pause(Duration::from_secs(30), start());
        let begun = Instant::now();
        drop(host.turn(Duration::ZERO, now).await.unwrap());
        assert_eq!(begun.elapsed().as_secs(), 30);
        host.pause(Duration::from_hours(2), now.get());
        let failure = host.turn(Duration::ZERO, now).await.unwrap_err();
        assert_eq!(failure.postponed(), Some(later(start(), Duration::from_secs(7230))));
        host.pause(Duration::from_secs(1), now.get());
        assert!(host.turn(Duration::ZERO, now).await.is_err(), "a shorter pause does not end a longer one");
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_waits_learns_of_a_pause_meanwhile() {
        let host = Hosts::new(SPACING).get("a.example:443", start());
        let now = Now::new(start());
        let first = host.turn(SPACING, now).await.unwrap();
        let second = tokio::spawn({
            let host = Arc::clone(&host);
            async move { host.turn(SPACING, now).await.map(drop) }
        });
        time::sleep(Duration::from_millis(10)).await;
        host.pause(Duration::from_hours(1), now.get());
        drop(first);
        assert!(second.await.unwrap().is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn a_crowd_is_put_off_in_the_end() {
        let host = Hosts::new(SPACING).get("a.example:443", start());
        let now = Now::new(start());
        let _held = host.turn(SPACING, now).await.unwrap();
        let failure = host.turn(SPACING, now).await.unwrap_err();
        assert!(failure.postponed().is_some());
    }

    #[test]
    fn what_is_remembered_is_taken_up_again() {
        let host = Hosts::new(SPACING).get("a.example:443", start());
        let remembered = Remembered {
            next_slot: Some(later(start(), Duration::from_hours(1))),
            robots: Some("User-agent: courant\nDisallow: /x\n".to_owned()),
            robots_at: Some(start()),
        };
        host.remember(&remembered, start());
        assert_eq!(host.remembered(SPACING), remembered);
        let absurd = Remembered { next_slot: Some(Timestamp::MAX), ..Remembered::default() };
        let other = Hosts::new(SPACING).get("b.example:443", start());
        other.remember(&absurd, start());
        assert_eq!(other.remembered(SPACING).next_slot, Some(later(start(), MAX_PAUSE)));
        assert!(matches!(host.robots(start()), Some(Verdict::Rules(_))));
        assert!(host.robots(later(start(), Duration::from_hours(25))).is_none(), "it holds for a day");
    }

    #[test]
    fn robots_that_cannot_be_had_close_the_host_unless_earlier_rules_are_known() {
        let host = Hosts::new(SPACING).get("a.example:443", start());
        assert!(matches!(host.miss_robots(start()), Verdict::Unknown));
        assert!(matches!(host.robots(start()), Some(Verdict::Unknown)));
        assert!(host.robots(later(start(), Duration::from_hours(2))).is_none(), "it is asked again");
        assert_eq!(host.remembered(SPACING).robots, None);
        host.learn_robots("", start());
        assert!(matches!(host.miss_robots(later(start(), Duration::from_hours(25))), Verdict::Rules(_)));
    }

    #[test]
    fn a_clock_that_is_set_ends_no_rest() {
        let hosts = Hosts::new(SPACING);
        let host = hosts.get("a.example:443", start());
        host.pause(Duration::from_hours(3), start());
        for days in [-2, 2] {
            let by = SignedDuration::from_hours(24 * days);
            hosts.shift(by);
            let rest = host.remembered(SPACING).next_slot.expect("it rests").duration_since(start() + by);
            assert_eq!(rest.as_hours(), 3);
            hosts.shift(-by);
        }
    }

    #[test]
    fn idle_hosts_are_forgotten_and_resting_ones_kept() {
        let hosts = Hosts::new(SPACING);
        hosts.get("paused", start()).pause(Duration::from_hours(3), start());
        for number in 0..SWEEP_FROM * 3 {
            hosts.get(&format!("host-{number}"), start());
        }
        let table = hosts.table.lock().unwrap();
        assert!(table.hosts.len() <= SWEEP_FROM, "{}", table.hosts.len());
        assert!(table.hosts.contains_key("paused"));
    }
}
