//! What it costs to hand out a feed of 200 kB: CPU of the server per request, beside a bare axum handler with the same bytes and,
//! where it is installed, nginx with `gzip_static`.
//!
//! `cargo bench --bench serve` prints a line per server and answer (the gzipped body; 304). Each server is a process of its own; the
//! servers take turns within a round, each after a warm-up, in another order each round. CPU is what the scheduler counted for the
//! threads of the process (`/proc/PID/task/*/schedstat`, nanoseconds), the client's not included. The ratio is taken within a
//! round, so that what else the machine does falls on both; printed are the median over the rounds and the middle half.

#![expect(clippy::print_stdout, reason = "figures are for people")]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use courant::publish::{Parcel, Twins};
use courant::serve::Shelf;
use courant::serve::public::Readers;
use jiff::Timestamp;

/// Requests of one measurement, over this many connections.
const REQUESTS: usize = 4_000;
const CONNECTIONS: usize = 8;
const ROUNDS: usize = 25;

fn main() {
    let role = std::env::args().skip_while(|word| word != "--role").nth(1);
    match role.as_deref() {
        Some("ours") => serve(async |listener| axum::serve(listener, ours().into_make_service()).await),
        Some("bare") => serve(async |listener| axum::serve(listener, bare()).await),
        _ => measure(),
    }
}

/// A feed of about 200 kB, of many different words.
fn document() -> Vec<u8> {
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<rss version=\"2.0\"><channel>\n");
    let mut number = 1_u64;
    while text.len() < 200_000 {
        text.push_str("<item><description>");
        for _ in 0..120 {
            number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            text.push_str(&format!("word{} ", (number >> 33) % 4000));
        }
        text.push_str("</description></item>\n");
    }
    text.push_str("</channel></rss>\n");
    text.into_bytes()
}

fn ours() -> Readers {
    let shelf = Arc::new(Shelf::default());
    shelf.put(&Parcel::new("all.rss", "application/rss+xml; charset=utf-8", document()), Timestamp::UNIX_EPOCH);
    Readers::new(shelf, "/feeds")
}

#[derive(Clone)]
struct Bare {
    etag: Arc<str>,
    gzip: Bytes,
}

/// What anybody would write: the bytes, their type, coding and validator.
fn bare() -> axum::Router {
    let gzip = Twins::of(&document()).gzip.expect("shorter");
    let state = Bare { etag: "\"0123456789abcdef0123456789abcdef-gzip\"".into(), gzip };
    axum::Router::new().route("/feeds/all.rss", axum::routing::get(bare_answer)).with_state(state)
}

async fn bare_answer(State(bare): State<Bare>, headers: HeaderMap) -> Response {
    if headers.get(header::IF_NONE_MATCH).is_some_and(|given| *given == *bare.etag) {
        return (StatusCode::NOT_MODIFIED, [(header::ETAG, &*bare.etag)]).into_response();
    }
    let headers = [
        (header::CONTENT_TYPE, "application/rss+xml; charset=utf-8"),
        (header::CONTENT_ENCODING, "gzip"),
        (header::VARY, "Accept-Encoding"),
        (header::CACHE_CONTROL, "public, max-age=300"),
        (header::ETAG, &*bare.etag),
    ];
    (headers, bare.gzip).into_response()
}

/// Serves until standard input ends; says where on standard output.
fn serve(answer: impl AsyncFnOnce(tokio::net::TcpListener) -> std::io::Result<()>) {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        println!("{}", listener.local_addr().expect("bound"));
        let (ended, end) = tokio::sync::oneshot::channel::<()>();
        std::thread::spawn(move || {
            let _ = std::io::stdin().read_to_end(&mut Vec::new());
            let _ = ended.send(());
        });
        tokio::select! {
            served = answer(listener) => served.expect("serves"),
            _ = end => {}
        }
    });
}

struct Server {
    name: &'static str,
    address: SocketAddr,
    child: Child,
    costs: [Vec<f64>; 2],
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn measure() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut servers = vec![role("courant", "ours"), role("bare axum", "bare")];
    servers.extend(nginx(folder.path()));
    let count = servers.len();
    for round in 0..=ROUNDS {
        for place in 0..count {
            let server = &mut servers[(place + round) % count];
            let etag = etag(server.address);
            for (answer, condition) in [None, Some(&etag)].into_iter().enumerate() {
                load(server.address, condition.map(String::as_str), REQUESTS / 8);
                let before = cpu(server.child.id());
                load(server.address, condition.map(String::as_str), REQUESTS);
                let cost = cpu(server.child.id()) - before;
                // The first round warms up.
                if round > 0 {
                    server.costs[answer].push(cost / f64::from(u32::try_from(REQUESTS).expect("small")));
                }
            }
        }
    }
    for (answer, name) in ["gzipped body", "304"].into_iter().enumerate() {
        let bare = servers[1].costs[answer].clone();
        for server in &servers {
            let costs = &server.costs[answer];
            let ratios: Vec<f64> = costs.iter().zip(&bare).map(|(cost, bare)| cost / bare).collect();
            let [low, middle, high] = quartiles(&ratios);
            let cost = quartiles(costs)[1];
            println!(
                "{name:14} {:12} {cost:8.1} µs CPU a request   {middle:.2} of bare axum ({low:.2} to {high:.2})",
                server.name
            );
        }
    }
}

fn role(name: &'static str, role: &str) -> Server {
    let program = std::env::current_exe().expect("a program");
    let mut command = Command::new(program);
    let piped = command.args(["--role", role]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = piped.spawn().expect("starts");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("says where");
    Server { name, address: line.trim().parse().expect("an address"), child, costs: [Vec::new(), Vec::new()] }
}

/// nginx, where it is installed, as one process.
fn nginx(folder: &std::path::Path) -> Option<Server> {
    let address = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).ok()?;
    let feeds = folder.join("feeds");
    fs::create_dir(&feeds).ok()?;
    fs::write(feeds.join("all.rss"), document()).ok()?;
    fs::write(feeds.join("all.rss.gz"), Twins::of(&document()).gzip?).ok()?;
    let place = folder.display();
    let settings = format!(
        "daemon off; master_process off; pid {place}/pid; error_log {place}/errors; events {{}}\n\
         http {{ access_log off; keepalive_requests 1000000; sendfile on; tcp_nopush on; client_body_temp_path {place}/a;\n\
         proxy_temp_path {place}/b; fastcgi_temp_path {place}/c; uwsgi_temp_path {place}/d; scgi_temp_path {place}/e;\n\
         server {{ listen {address}; root {place}; gzip_static on; types {{ application/rss+xml rss; }} }} }}\n"
    );
    fs::write(folder.join("nginx.conf"), settings).ok()?;
    let find = |program: &&str| Command::new(program).arg("-v").stderr(Stdio::null()).status().is_ok();
    let program = ["nginx", "/usr/sbin/nginx"].into_iter().find(find)?;
    let child = Command::new(program).arg("-c").arg(folder.join("nginx.conf")).stderr(Stdio::null()).spawn().ok()?;
    let server = Server { name: "nginx", address, child, costs: [Vec::new(), Vec::new()] };
    for _ in 0..100 {
        if TcpStream::connect(address).is_ok() {
            return Some(server);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    None
}

/// CPU of a process so far, all its threads, in microseconds.
fn cpu(id: u32) -> f64 {
    let tasks = fs::read_dir(format!("/proc/{id}/task")).expect("a process on Linux");
    let nanoseconds = |task: std::io::Result<fs::DirEntry>| {
        let text = fs::read_to_string(task.ok()?.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse::<f64>().ok()
    };
    tasks.filter_map(nanoseconds).sum::<f64>() / 1e3
}

/// A quarter of the values is below the first, half below the second, a quarter above the third.
fn quartiles(values: &[f64]) -> [f64; 3] {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    [1, 2, 3].map(|quarter| values.get(values.len() * quarter / 4).copied().unwrap_or(f64::NAN))
}

fn request(condition: Option<&str>) -> String {
    let condition = condition.map_or_else(String::new, |etag| format!("If-None-Match: {etag}\r\n"));
    format!("GET /feeds/all.rss HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\nAccept: */*\r\n{condition}\r\n")
}

fn etag(address: SocketAddr) -> String {
    let mut connection = BufReader::new(TcpStream::connect(address).expect("a server"));
    connection.get_mut().write_all(request(None).as_bytes()).expect("sent");
    answer(&mut connection, &mut Vec::new()).expect("a validator")
}

fn load(address: SocketAddr, condition: Option<&str>, requests: usize) {
    std::thread::scope(|scope| {
        for _ in 0..CONNECTIONS {
            scope.spawn(|| {
                let mut connection = BufReader::with_capacity(1 << 17, TcpStream::connect(address).expect("a server"));
                let (request, mut body) = (request(condition), Vec::new());
                for _ in 0..requests / CONNECTIONS {
                    connection.get_mut().write_all(request.as_bytes()).expect("sent");
                    answer(&mut connection, &mut body);
                    assert_eq!(body.is_empty(), condition.is_some(), "the answer that is measured");
                }
            });
        }
    });
}

/// Reads one answer; gives its validator.
fn answer(connection: &mut BufReader<TcpStream>, body: &mut Vec<u8>) -> Option<String> {
    let (mut length, mut etag, mut line) = (0, None, String::new());
    loop {
        line.clear();
        connection.read_line(&mut line).expect("an answer");
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        let Some((name, value)) = line.split_once(": ") else { continue };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.parse().expect("a number");
        } else if name.eq_ignore_ascii_case("etag") {
            etag = Some(value.to_owned());
        }
    }
    body.resize(length, 0);
    connection.read_exact(body).expect("a body");
    etag
}
