//! A folder with settings, in which the real program is run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use super::until;

/// Settings that read from loopback, for tests to put sources and feeds behind.
const HEAD: &str = r#"
base_url = "http://127.0.0.1:9/feeds/"
contact = "https://news.example.org/about-us"
store = "sqlite:courant.db"
output = "public"
listen = "none"
admin_listen = "none"

[fetch]
allow_networks = ["127.0.0.0/8"]
page_spacing = "0s"
"#;

/// A feed of everything.
pub(crate) const ALL: &str = "[[feed]]\nid = \"all\"\ntitle = \"Everything\"\nsources = [\"*\"]\n";

/// A temporary folder with a `courant.toml`.
pub(crate) struct House {
    folder: TempDir,
    /// Environment of every run: beats the settings file.
    pub(crate) environment: Vec<(String, String)>,
}

impl House {
    /// A house whose settings end in `rest`: sources and feeds.
    pub(crate) fn new(rest: &str) -> Self {
        let house = Self::empty();
        house.write("courant.toml", format!("{HEAD}{rest}"));
        house
    }

    /// A house that reads the feeds named here and publishes everything as `all`.
    pub(crate) fn reading(sources: &[(&str, String)]) -> Self {
        let tables = sources.iter().map(|(id, url)| format!("[[source]]\nid = \"{id}\"\nurl = \"{url}\"\n"));
        Self::new(&format!("{}{ALL}", tables.collect::<String>()))
    }

    /// A house without settings.
    pub(crate) fn empty() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder"), environment: Vec::new() }
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    pub(crate) fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap_or(Path::new("."))).expect("writable");
        fs::write(path, text).expect("writable");
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// Sets a variable of the environment for every run from here on.
    pub(crate) fn set(&mut self, name: &str, value: &(impl ToString + ?Sized)) {
        self.environment.push((name.to_owned(), value.to_string()));
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_courant"));
        command.current_dir(self.folder.path()).args(arguments).stdin(Stdio::null());
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("COURANT_")) {
            command.env_remove(name);
        }
        let home = self.folder.path();
        command.env("HOME", home).env("XDG_CONFIG_HOME", home.join(".config")).env("NO_COLOR", "1");
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs the program to its end; fails when that does not come.
    #[track_caller]
    pub(crate) fn courant(&self, arguments: &[&str]) -> Ended {
        let (out, log) = (self.file(), self.file());
        let mut command = self.command(arguments);
        command.stdout(out.reopen().expect("writable")).stderr(log.reopen().expect("writable"));
        let mut running = Running { child: command.spawn().expect("the program starts"), log };
        let code = running.end();
        Ended { code, out: fs::read_to_string(out.path()).expect("the program prints UTF-8"), err: running.log() }
    }

    fn file(&self) -> tempfile::NamedTempFile {
        tempfile::NamedTempFile::new_in(self.folder.path()).expect("writable")
    }

    /// Starts the program and lets it run.
    pub(crate) fn start(&self, arguments: &[&str]) -> Running {
        let log = self.file();
        let handle = || log.reopen().expect("writable");
        let child = self.command(arguments).stdout(handle()).stderr(handle()).spawn().expect("the program starts");
        Running { child, log }
    }

    /// A published JSON feed.
    pub(crate) fn feed(&self, id: &str) -> Value {
        serde_json::from_str(&self.read(&format!("public/{id}.json"))).expect("a published feed is JSON")
    }

    /// The titles in a published feed, in its order.
    pub(crate) fn titles(&self, id: &str) -> Vec<String> {
        let feed = self.feed(id);
        let items = feed["items"].as_array().expect("a feed has items");
        items.iter().map(|item| item["title"].as_str().unwrap_or("(none)").to_owned()).collect()
    }

    /// How a source stands, as `status --json` shows it.
    pub(crate) fn status(&self, source: &str) -> Value {
        let status = self.courant(&["status", "--json"]).json();
        let rows = status["sources"].as_array().expect("a list of sources").clone();
        rows.into_iter().find(|row| row["id"] == source).unwrap_or_else(|| panic!("`{source}` is not in {status}"))
    }
}

/// A run that has ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ended {
    /// Fails unless the program left with `code`.
    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "output:\n{}\nerrors:\n{}", self.out, self.err);
        self
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// A run that goes on; killed when dropped.
pub(crate) struct Running {
    child: Child,
    log: tempfile::NamedTempFile,
}

impl Running {
    /// Everything printed so far.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.log.path()).expect("the log is readable")
    }

    #[track_caller]
    pub(crate) fn wait_for(&self, text: &str) {
        until(&format!("`{text}` in the log:\n{}", self.log()), || self.log().contains(text).then_some(()));
    }

    /// Sends a signal by name: `TERM`, `HUP`.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").arg(format!("-{name}")).arg(self.child.id().to_string()).status();
        assert!(sent.is_ok_and(|status| status.success()), "cannot send {name}");
    }

    /// Waits for the end; gives the exit code.
    #[track_caller]
    pub(crate) fn end(&mut self) -> Option<i32> {
        until("the end of the program", || self.child.try_wait().expect("it is our child")).code()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
