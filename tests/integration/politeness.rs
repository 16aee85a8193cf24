//! Two weeks with a server that wishes for much and writes down every request: restarts, reloads, a clock that is set back and
//! forth, a week of downtime. Judged by the server's own clock and log.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use courant::app::App;
use courant::config;
use courant::pipeline::{self, ClockWatch, Round};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use crate::support::House;
use crate::support::documents::{article, listing, rss, site, stories};

/// A Monday.
const START: &str = "2026-03-02T00:00:00Z";
const STEP: SignedDuration = SignedDuration::from_mins(20);
const SPACING: Duration = Duration::from_millis(15);

/// The time there is, and what the clock of the machine shows.
#[derive(Clone)]
struct Time(Arc<Mutex<(Timestamp, SignedDuration)>>);

impl Time {
    fn now(&self) -> Timestamp {
        self.0.lock().expect("nobody panics with it").0
    }

    fn shown(&self) -> Timestamp {
        let (now, wrong) = *self.0.lock().expect("nobody panics with it");
        now + wrong
    }

    fn pass(&self, time: SignedDuration) {
        self.0.lock().expect("nobody panics with it").0 += time;
    }

    fn set_clock(&self, wrong: SignedDuration) {
        self.0.lock().expect("nobody panics with it").1 = wrong;
    }
}

/// What is held of one address: how often it was asked, when it may be again, and the validators of its last 200.
#[derive(Default)]
struct Held {
    asked: usize,
    not_before: Option<Timestamp>,
    validators: Option<Pair>,
}

type Pair = (Option<String>, Option<String>);

#[derive(Default)]
struct Log {
    held: HashMap<String, Held>,
    requests: usize,
    conditional: usize,
    not_modified: usize,
    wrong: Vec<String>,
    /// The round of the last request.
    round: Option<Timestamp>,
    /// When the last answer ended.
    ended: Option<Instant>,
    closest: Option<Duration>,
}

struct Host {
    address: SocketAddr,
    log: Arc<Mutex<Log>>,
    over: Arc<AtomicBool>,
}

/// What a server says to one request.
struct Reply {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: String,
    validators: Pair,
    /// How long the address is to be left alone.
    rest: i64,
    /// Whether the whole host is.
    whole_host: bool,
}

impl Reply {
    fn feed(body: String) -> Self {
        Self {
            status: 200,
            headers: vec![("Content-Type", "application/rss+xml".to_owned())],
            body,
            validators: (None, None),
            rest: 0,
            whole_host: false,
        }
    }

    fn page(body: String) -> Self {
        Self { headers: vec![("Content-Type", "text/html; charset=utf-8".to_owned())], ..Self::feed(body) }
    }

    fn status(status: u16) -> Self {
        Self { status, ..Self::feed(String::new()) }
    }

    #[expect(clippy::needless_pass_by_value, reason = "a text or a number, as it comes")]
    fn header(mut self, name: &'static str, value: impl ToString) -> Self {
        self.headers.push((name, value.to_string()));
        self
    }

    fn with(self, etag: Option<String>, last_modified: Option<String>) -> Self {
        Self { validators: (etag, last_modified), ..self }
    }

    fn resting(self, minutes: i64) -> Self {
        Self { rest: minutes, ..self }
    }

    fn fresh(self, minutes: i64) -> Self {
        self.header("Cache-Control", format!("max-age={}", minutes * 60)).resting(minutes)
    }
}

/// A feed whose channel says `more`, with a story more every eight hours.
fn feed(name: &str, more: &str, now: Timestamp) -> Reply {
    let eights = now.duration_since(START.parse::<Timestamp>().expect("as written")).as_hours() / 8;
    let count = u32::try_from(eights).expect("as written") + 1;
    let body =
        rss(&stories(name, count.saturating_sub(9).max(1)..=count)).replace("<channel>", &format!("<channel>{more}"));
    Reply::feed(body).with(Some(format!("\"{name}-{count}\"")), None)
}

fn hours_skipped() -> String {
    let hours: String = (0..6).map(|hour| format!("<hour>{hour}</hour>")).collect();
    format!("<skipHours>{hours}</skipHours>")
}

/// The world: what each address says the `count`th time.
fn reply(path: &str, count: usize, now: Timestamp) -> Reply {
    let eights = now.duration_since(START.parse::<Timestamp>().expect("as written")).as_hours() / 8;
    let date = |moment: Timestamp| moment.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    match path {
        "/fresh" => feed("fresh", "", now).fresh(120),
        "/weak" => feed("weak", "", now)
            .with(Some(format!("W/\"a,b  {eights}\"")), Some("Sunday, 01-Mar-26 12:00:00 GMT".to_owned()))
            .fresh(30),
        "/ttl" => feed("ttl", "<ttl>180</ttl>", now)
            .with(None, Some(format!("Mon, 02 Mar 2026 00:00:{:02} GMT", eights % 60)))
            .resting(180),
        "/expires" => feed("expires", "", now)
            .header("Date", date(now))
            .header("Expires", date(now + SignedDuration::from_mins(100)))
            .resting(100),
        "/hours" => feed("hours", &hours_skipped(), now),
        "/days" => feed("days", "<skipDays><day>Saturday</day><day>Sunday</day></skipDays>", now),
        // Every fifth answer comes without validators: what was held is to be forgotten.
        "/dropped" if count % 5 == 4 => feed("dropped", &format!("<ttl>{}</ttl>", 1 + count % 2), now).with(None, None),
        "/dropped" => feed("dropped", &format!("<ttl>{}</ttl>", 1 + count % 2), now),
        "/none" => feed("none", "", now).with(None, None).header("Set-Cookie", "reader=7; Path=/"),
        "/busy" if count % 4 == 3 => {
            Reply { whole_host: true, ..Reply::status(429).header("Retry-After", 5_400).resting(90) }
        }
        "/ill" if count % 5 == 2 => {
            let until = date(now + SignedDuration::from_hours(3));
            Reply {
                whole_host: true,
                ..Reply::status(503).header("Date", date(now)).header("Retry-After", until).resting(180)
            }
        }
        "/busy" | "/ill" => feed(&path[1..], "", now),
        "/moved" => Reply::status(301).header("Location", "/here"),
        "/here" => feed("here", "", now),
        "/office/" => {
            // Other words, not another number: a counter has no page read again.
            let words = ["the mayor", "a ferryman", "the school", "an engineer", "the harbour", "a baker", "the choir"];
            let teaser =
                format!("It is open, says {}.", words[usize::try_from(eights).expect("as written") % words.len()]);
            Reply::page(listing(&[("/a/1", "Bridge opened", &teaser), ("/a/2", "Ferry sails", "It sails.")]))
        }
        "/a/1" | "/a/2" => {
            let (title, text) = match path {
                "/a/1" => ("Bridge opened", "The bridge was opened today by the mayor."),
                _ => ("Ferry sails", "After a winter at the quay the old ferry sails to the islands again."),
            };
            Reply::page(article(title, "05.02.2026 10:00:00", &[text]))
                .with(Some("\"page\"".to_owned()), Some("Sun, 01 Mar 2026 00:00:00 GMT".to_owned()))
        }
        _ => Reply::status(404),
    }
}

impl Host {
    fn start(time: &Time) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("as written");
        let host =
            Self { address: listener.local_addr().expect("as written"), log: Arc::default(), over: Arc::default() };
        let (log, over, time, under_way) =
            (Arc::clone(&host.log), Arc::clone(&host.over), time.clone(), Arc::new(AtomicUsize::new(0)));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if over.load(Ordering::Acquire) {
                    return;
                }
                let (log, time, under_way) = (Arc::clone(&log), time.clone(), Arc::clone(&under_way));
                std::thread::spawn(move || drop(serve(&stream, &log, &time, &under_way)));
            }
        });
        host
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Release);
        drop(TcpStream::connect(self.address));
    }
}

fn serve(stream: &TcpStream, log: &Mutex<Log>, time: &Time, under_way: &AtomicUsize) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some(path) = line.split(' ').nth(1).map(str::to_owned) else { return Ok(()) };
        let mut headers = HashMap::new();
        loop {
            line.clear();
            reader.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end_matches(['\r', '\n']).split_once(": ") else { break };
            headers.insert(name.to_ascii_lowercase(), value.to_owned());
        }
        if under_way.fetch_add(1, Ordering::SeqCst) > 0 {
            log.lock().expect("nobody panics with it").wrong.push(format!("{path} was asked beside another"));
        }
        std::thread::sleep(Duration::from_millis(1));
        let (head, body) = log.lock().expect("nobody panics with it").answer(&path, &headers, time.now());
        under_way.fetch_sub(1, Ordering::SeqCst);
        let mut stream = stream;
        stream.write_all(format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes())?;
        stream.flush()?;
        log.lock().expect("nobody panics with it").ended = Some(Instant::now());
    }
}

impl Log {
    fn answer(&mut self, path: &str, headers: &HashMap<String, String>, now: Timestamp) -> (String, String) {
        self.requests += 1;
        self.judge(path, headers, now);
        let count = self.held.entry(path.to_owned()).or_default().asked;
        let reply = reply(path, count, now);
        let until = now + SignedDuration::from_mins(reply.rest);
        let held = self.held.entry(path.to_owned()).or_default();
        held.asked += 1;
        held.not_before = Some(until);
        let back = (headers.get("if-none-match").cloned(), headers.get("if-modified-since").cloned());
        let is_held = reply.status == 200 && reply.validators != (None, None) && back == reply.validators;
        self.conditional += usize::from(back != (None, None));
        self.not_modified += usize::from(is_held);
        if reply.status == 200 && !is_held {
            held.validators = Some(reply.validators.clone());
        }
        if reply.whole_host {
            self.held.values_mut().for_each(|held| held.not_before = held.not_before.max(Some(until)));
        }
        let mut head = format!("HTTP/1.1 {} as asked\r\n", if is_held { 304 } else { reply.status });
        let pairs = [("ETag", reply.validators.0), ("Last-Modified", reply.validators.1)];
        for (name, value) in
            reply.headers.into_iter().chain(pairs.into_iter().filter_map(|(name, value)| Some((name, value?))))
        {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        (head, if is_held { String::new() } else { reply.body })
    }

    fn judge(&mut self, path: &str, headers: &HashMap<String, String>, now: Timestamp) {
        let header = |name: &str| headers.get(name).map(String::as_str);
        let mut wrong = Vec::new();
        let held = self.held.get(path);
        if let Some(until) = held.and_then(|held| held.not_before).filter(|until| *until > now) {
            wrong.push(format!("asked at {now}, before {until}"));
        }
        if let Some((etag, date)) = held.and_then(|held| held.validators.as_ref())
            && (header("if-none-match"), header("if-modified-since")) != (etag.as_deref(), date.as_deref())
        {
            wrong.push(format!("not asked with {etag:?} and {date:?} but {headers:?}"));
        }
        let local = now.to_zoned_datetime(TimeZone::UTC);
        let is_to_be_left_alone = match path {
            "/hours" => local.hour() < 6,
            "/days" => local.weekday().to_monday_one_offset() > 5,
            _ => false,
        };
        if held.is_some() && is_to_be_left_alone {
            wrong.push(format!("asked at {now}, in an hour to be left alone in"));
        }
        // Between rounds lie minutes of a clock that takes no time; where an address has moved to, and what the rules of the
        // host are, is part of a visit.
        let is_same_round = self.round.replace(now) == Some(now) && !["/here", "/robots.txt"].contains(&path);
        if let Some(ended) = self.ended.filter(|_| is_same_round) {
            let rest = ended.elapsed();
            self.closest = Some(self.closest.map_or(rest, |closest| closest.min(rest)));
        }
        let agent = header("user-agent").unwrap_or_default();
        if !(agent.starts_with("Courant/") && agent.ends_with("(+https://news.example.org/about-us)")) {
            wrong.push(format!("asked by {agent}"));
        }
        if !header("accept-encoding").is_some_and(|codings| codings.contains("gzip")) {
            wrong.push("asked for it unpacked".to_owned());
        }
        wrong.extend(["cookie", "referer"].into_iter().filter(|name| headers.contains_key(*name)).map(str::to_owned));
        self.wrong.extend(wrong.into_iter().map(|wrong| format!("{path}: {wrong}")));
    }
}

async fn build(house: &House, time: &Time, boot: i64) -> App {
    let settings = config::load_with(&house.path("courant.toml"), house.environment.iter().cloned());
    let settings = settings.unwrap_or_else(|problems| panic!("{problems:#?}"));
    let shown = time.clone();
    let mut app = App::build(&settings, Arc::new(move || shown.shown()), None).await.expect("the house is sound");
    let (time, start) = (time.clone(), START.parse::<Timestamp>().expect("as written"));
    let passed = move || Duration::try_from(time.now().duration_since(start)).expect("as written");
    app.pipeline.watch = Arc::new(ClockWatch::new(Arc::new(move || (Some(boot), passed()))));
    app
}

#[tokio::test]
async fn two_eventful_weeks_are_polite() {
    let time = Time(Arc::new(Mutex::new((START.parse().expect("as written"), SignedDuration::ZERO))));
    let hosts: Vec<Host> = (0..4).map(|_| Host::start(&time)).collect();
    let paths: [&[&str]; 4] =
        [&["fresh", "weak", "ttl", "expires"], &["hours", "days", "dropped", "none"], &["busy", "ill"], &["moved"]];
    let sources: Vec<(&str, String)> = hosts
        .iter()
        .zip(paths)
        .flat_map(|(host, paths)| paths.iter().map(|path| (*path, format!("http://{}/{path}", host.address))))
        .collect();
    let mut house = House::reading(&sources);
    house.write("sites/office.toml", site("office", &format!("http://{}", hosts[3].address)));
    house.set("COURANT_FETCH_PAGE_SPACING", "15ms");
    house.set("COURANT_FETCH_FEED_SPACING", "15ms");
    let mut app = build(&house, &time, 1).await;
    let (mut boot, mut restarts) = (1, 0);
    let days = |days: i64| SignedDuration::from_hours(24 * days);
    for step in 0..72 * 7 {
        match step {
            // The clock is wrong for some hours, then right again, while it works and while it does not.
            100 => time.set_clock(days(2)),
            120 | 170 | 430 => time.set_clock(SignedDuration::ZERO),
            150 => time.set_clock(days(-2)),
            288 => time.pass(days(7)),
            // Started anew with a clock that was set back; it is found out later.
            400 => {
                boot = 2;
                time.set_clock(days(-2));
            }
            _ => {}
        }
        if [40, 110, 155, 200, 288, 300, 400, 401, 460].contains(&step) {
            if step == 200 {
                let every = house.read("courant.toml").replace("id = \"none\"\n", "id = \"none\"\nevery = \"2h\"\n");
                house.write("courant.toml", every);
            }
            app.close().await;
            app = build(&house, &time, boot).await;
            restarts += 1;
        }
        let ended = pipeline::once(&app.pipeline, &Round::Due, &CancellationToken::new(), &mut |_| ()).await;
        ended.expect("the store works");
        time.pass(STEP);
    }
    let moved = app.pipeline.store.status().await.expect("the store works");
    let moved = moved.into_iter().find(|row| row.id.as_str() == "moved").expect("it is configured");
    assert!(moved.state.moved_to.is_some_and(|to| to.ends_with("/here")), "believed over restarts");
    app.close().await;

    let logs: Vec<_> = hosts.iter().map(|host| host.log.lock().expect("nobody panics with it")).collect();
    let wrong: Vec<&String> = logs.iter().flat_map(|log| &log.wrong).collect();
    assert!(wrong.is_empty(), "{} wrongs:\n{wrong:#?}", wrong.len());
    let asked = |path: &str| logs.iter().filter_map(|log| log.held.get(path)).map(|held| held.asked).sum::<usize>();
    for path in [
        "/fresh", "/weak", "/ttl", "/expires", "/hours", "/days", "/dropped", "/none", "/busy", "/ill", "/here",
        "/office/",
    ] {
        // The office has told nothing new for a month: it is asked once a day, on the seven days that anybody is.
        let least = if path == "/office/" { 7 } else { 11 };
        assert!(asked(path) >= least, "{path} was asked {} times: nobody may be forgotten", asked(path));
    }
    assert!(asked("/a/1") > 3, "the page is read again where its teaser changes");
    let closest = logs.iter().filter_map(|log| log.closest).min().expect("many were asked");
    assert!(closest >= SPACING / 2, "{closest:?} between two requests");
    let sum = |count: fn(&Log) -> usize| logs.iter().map(|log| count(log)).sum::<usize>();
    let _ = writeln!(
        std::io::stderr(),
        "politeness: {} requests in two weeks to 4 hosts, {} conditional, {} answered 304, {restarts} restarts and reloads, clock set 5 times, 0 wrong",
        sum(|log| log.requests),
        sum(|log| log.conditional),
        sum(|log| log.not_modified)
    );
}
