//! A server on loopback that tests change as they go: what it serves, how it fails, and what it was asked.
//!
//! Threads and blocking sockets, so that it serves tests with a runtime and without. One answer a connection.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::until;

/// What the world says to one path.
#[derive(Clone)]
pub(crate) struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Arc<[u8]>,
    way: Way,
}

/// How a body is sent.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Whole,
    /// More is promised than is sent.
    BrokenOff,
    /// So many bytes, their number not said before.
    Endless(u64),
    /// Nothing comes until the world ends or lets go.
    Hanging,
    /// The value of `hub.challenge` in the query.
    Challenge,
}

impl Answer {
    pub(crate) fn new(media_type: &str, body: impl AsRef<[u8]>) -> Self {
        let headers = vec![("Content-Type".to_owned(), media_type.to_owned())];
        Self { status: 200, headers, body: body.as_ref().into(), way: Way::Whole }
    }

    pub(crate) fn feed(body: impl AsRef<[u8]>) -> Self {
        Self::new("application/rss+xml", body)
    }

    pub(crate) fn page(body: impl AsRef<[u8]>) -> Self {
        Self::new("text/html; charset=utf-8", body)
    }

    pub(crate) fn status(status: u16) -> Self {
        Self { status, ..Self::new("text/plain", "no\n") }
    }

    pub(crate) fn moved(status: u16, to: &str) -> Self {
        Self::status(status).header("Location", to)
    }

    pub(crate) fn broken_off(body: impl AsRef<[u8]>) -> Self {
        Self { way: Way::BrokenOff, ..Self::feed(body) }
    }

    pub(crate) fn endless(bytes: u64) -> Self {
        Self { way: Way::Endless(bytes), ..Self::feed("") }
    }

    pub(crate) fn hanging(self) -> Self {
        Self { way: Way::Hanging, ..self }
    }

    /// What is asked for in `hub.challenge`.
    pub(crate) fn challenge() -> Self {
        Self { way: Way::Challenge, ..Self::new("text/plain", "") }
    }

    /// The same with one more header. With an `ETag`, requests that send it back byte for byte are answered 304.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    fn value(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Whether a request holds this body already: every validator we gave has come back as it was.
    fn is_held(&self, asked: &Asked) -> bool {
        let pairs = [("ETag", "If-None-Match"), ("Last-Modified", "If-Modified-Since")];
        let given: Vec<bool> = pairs
            .into_iter()
            .filter_map(|(name, condition)| Some(asked.header(condition) == Some(self.value(name)?)))
            .collect();
        self.status == 200 && !given.is_empty() && given.iter().all(|back| *back)
    }
}

/// One request.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) method: String,
    /// With its query.
    pub(crate) path: String,
    pub(crate) body: Vec<u8>,
    headers: Vec<(String, String)>,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

impl Asked {
    /// A parameter of the query, or of the form that was sent.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        let query = self.path.split_once('?').map(|(_, query)| query.as_bytes().to_vec());
        let mut pairs = [query.unwrap_or_default(), self.body.clone()]
            .into_iter()
            .flat_map(|text| url::form_urlencoded::parse(&text).into_owned().collect::<Vec<_>>());
        pairs.find(|(other, _)| other == name).map(|(_, value)| value)
    }
}

#[derive(Default)]
struct State {
    answers: Mutex<HashMap<String, Answer>>,
    asked: Mutex<Vec<Asked>>,
    /// Bytes sent of endless bodies.
    sent: AtomicU64,
    not_modified: AtomicU64,
    ended: AtomicBool,
    /// Whether what hangs may go on.
    go_on: Mutex<bool>,
    changed: Condvar,
}

/// The server. Ends when it is dropped; then nobody listens at its address.
pub(crate) struct World {
    address: SocketAddr,
    state: Arc<State>,
    listening: Option<std::thread::JoinHandle<()>>,
}

impl World {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has ports");
        let address = listener.local_addr().expect("a bound socket has an address");
        let state = Arc::<State>::default();
        let shared = Arc::clone(&state);
        let listening = std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if shared.ended.load(Ordering::Acquire) {
                    return;
                }
                let shared = Arc::clone(&shared);
                // Clients that hang up in the middle are what some tests are about.
                std::thread::spawn(move || drop(shared.serve(stream)));
            }
        });
        Self { address, state, listening: Some(listening) }
    }

    /// `http://127.0.0.1:PORT`.
    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn put(&self, path: &str, answer: Answer) {
        lock(&self.state.answers).insert(path.to_owned(), answer);
    }

    /// Everything asked since the last [`World::forget`].
    pub(crate) fn asked(&self) -> Vec<Asked> {
        lock(&self.state.asked).clone()
    }

    /// The paths asked, sorted.
    pub(crate) fn paths(&self) -> Vec<String> {
        let mut paths: Vec<String> = self.asked().into_iter().map(|asked| asked.path).collect();
        paths.sort();
        paths
    }

    /// How often a path was asked.
    pub(crate) fn count(&self, path: &str) -> usize {
        self.asked().iter().filter(|asked| asked.path == path).count()
    }

    pub(crate) fn forget(&self) {
        lock(&self.state.asked).clear();
        self.state.not_modified.store(0, Ordering::Relaxed);
    }

    pub(crate) fn not_modified(&self) -> usize {
        usize::try_from(self.state.not_modified.load(Ordering::Relaxed)).expect("small")
    }

    pub(crate) fn sent(&self) -> u64 {
        self.state.sent.load(Ordering::Relaxed)
    }

    #[track_caller]
    pub(crate) fn wait_for(&self, path: &str) {
        until(&format!("a request for {path}"), || (self.count(path) > 0).then_some(()));
    }

    /// Lets everything that hangs be answered.
    pub(crate) fn let_go(&self) {
        *lock(&self.state.go_on) = true;
        self.state.changed.notify_all();
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.state.ended.store(true, Ordering::Release);
        self.let_go();
        // Wakes the listener, which then sees that it is over and lets go of the port.
        drop(TcpStream::connect(self.address));
        if let Some(listening) = self.listening.take() {
            let _ = listening.join();
        }
    }
}

impl State {
    fn serve(&self, stream: TcpStream) -> std::io::Result<()> {
        stream.set_write_timeout(Some(Duration::from_secs(5)))?;
        let mut reader = BufReader::new(stream.try_clone()?);
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let mut words = line.split(' ').map(str::to_owned);
        let (Some(method), Some(path)) = (words.next(), words.next()) else { return Ok(()) };
        let mut headers = Vec::new();
        loop {
            line.clear();
            reader.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(": ") else { break };
            headers.push((name.to_owned(), value.to_owned()));
        }
        let mut asked = Asked { method, path, body: Vec::new(), headers };
        let length: u64 = asked.header("Content-Length").and_then(|length| length.parse().ok()).unwrap_or(0);
        reader.take(length).read_to_end(&mut asked.body)?;
        // A query leads to the same answer, unless it has one of its own.
        let bare = asked.path.split('?').next().unwrap_or_default();
        let answers = lock(&self.answers);
        let answer = answers.get(&asked.path).or_else(|| answers.get(bare)).cloned();
        drop(answers);
        let answer = answer.unwrap_or_else(|| Answer::status(404));
        lock(&self.asked).push(asked.clone());
        if answer.way == Way::Hanging {
            let waiting = lock(&self.go_on);
            drop(self.changed.wait_while(waiting, |go_on| !*go_on));
        }
        self.send(stream, &asked, &answer)
    }

    fn send(&self, mut stream: TcpStream, asked: &Asked, answer: &Answer) -> std::io::Result<()> {
        let is_held = answer.is_held(asked);
        self.not_modified.fetch_add(u64::from(is_held), Ordering::Relaxed);
        let challenge = asked.parameter("hub.challenge").unwrap_or_default();
        let body: &[u8] = match answer.way {
            _ if is_held => b"",
            Way::Challenge => challenge.as_bytes(),
            _ => &answer.body,
        };
        let mut head =
            format!("HTTP/1.1 {} as asked\r\nConnection: close\r\n", if is_held { 304 } else { answer.status });
        for (name, value) in &answer.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        match answer.way {
            Way::Endless(_) => {}
            Way::BrokenOff => head.push_str(&format!("Content-Length: {}\r\n", body.len() + 10_000)),
            Way::Whole | Way::Hanging | Way::Challenge => head.push_str(&format!("Content-Length: {}\r\n", body.len())),
        }
        stream.write_all(format!("{head}\r\n").as_bytes())?;
        stream.write_all(body)?;
        if let Way::Endless(bytes) = answer.way {
            let piece = [b'x'; 16 * 1024];
            while self.sent.load(Ordering::Relaxed) < bytes {
                stream.write_all(&piece)?;
                self.sent.fetch_add(piece.len() as u64, Ordering::Relaxed);
            }
        }
        stream.flush()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
