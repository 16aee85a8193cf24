//! Telling the operator which sources broke and which work again, by the command of `[notify]`.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use jiff::Timestamp;
use tokio::sync::watch;

use crate::config::Settings;
use crate::pipeline::{Notice, Notices};
use crate::plan::Turn;
use crate::units::spell_duration;

/// What breaks within this is told together: with the line of a provider hundreds of sources break.
const GATHER: Duration = Duration::from_secs(30);

/// How long the command may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// How often it is looked whether the command has ended.
const LOOK: Duration = Duration::from_millis(50);

/// Sources that are described one by one.
const DESCRIBED: usize = 50;

/// Whom to tell, and how.
#[derive(Debug, Clone)]
pub(super) struct Teller {
    command: Vec<String>,
    folder: PathBuf,
    site: String,
}

impl Teller {
    pub(super) fn of(settings: &Settings) -> Self {
        let folder = settings.file.parent().filter(|folder| !folder.as_os_str().is_empty());
        Self {
            command: settings.notify.command.clone(),
            folder: folder.unwrap_or(Path::new(".")).to_owned(),
            site: settings.base_url.to_string(),
        }
    }

    /// Tells of these, if there are any and somebody is to be told. That it could not is logged.
    pub(super) async fn tell(&self, notices: Vec<Notice>) {
        if notices.is_empty() || self.command.is_empty() {
            return;
        }
        let own = self.clone();
        let told = tokio::task::spawn_blocking(move || own.run(&notices)).await;
        if let Ok(Err(error)) = told {
            tracing::error!("the operator is not told what broke: {error:#}");
        }
    }

    fn run(&self, notices: &[Notice]) -> anyhow::Result<()> {
        let subject = format!("Courant: {}", sum_up(notices));
        let text = describe(notices, &self.site);
        let words: Vec<String> = self.command.iter().map(|word| word.replace("{subject}", &subject)).collect();
        let program = &words[0];
        let mut child = Command::new(program)
            .args(&words[1..])
            .current_dir(&self.folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .with_context(|| format!("`{program}`, the command of [notify], cannot be started"))?;
        // A program that does not read, or is given more than the system holds for it, must not hold us up.
        let input = child.stdin.take();
        let writer = std::thread::spawn(move || input.map(|mut input| input.write_all(text.as_bytes())));
        let Some(status) = wait(&mut child, PATIENCE)? else {
            bail!("`{program}`, the command of [notify], did not end within {}", spell_duration(PATIENCE));
        };
        // That it reads nothing is its own affair.
        let _ = writer.join();
        if !status.success() {
            bail!("`{program}`, the command of [notify], left with {status}");
        }
        Ok(())
    }
}

/// Waits for a process; `None` when it takes longer, and then it is ended.
fn wait(child: &mut Child, patience: Duration) -> std::io::Result<Option<ExitStatus>> {
    let deadline = Instant::now() + patience;
    while Instant::now() < deadline {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        std::thread::sleep(LOOK);
    }
    child.kill()?;
    child.wait()?;
    Ok(None)
}

/// Tells of what comes, for as long as it is polled.
pub(super) async fn keep(notices: Arc<Notices>, teller: watch::Receiver<Teller>) {
    loop {
        notices.wait().await;
        tokio::time::sleep(GATHER).await;
        let teller = teller.borrow().clone();
        teller.tell(notices.take()).await;
    }
}

/// One line.
fn sum_up(notices: &[Notice]) -> String {
    let parts = [(true, "broke"), (false, "again")].into_iter().filter_map(|(broke, word)| {
        let mut those = notices.iter().filter(|notice| matches!(notice.turn, Turn::Broke(_)) == broke);
        let (first, more) = (those.next()?, those.count());
        Some(match (more, broke) {
            (0, true) => format!("`{}` broke", first.source),
            (0, false) => format!("`{}` works again", first.source),
            (_, true) => format!("{} sources {word}", more + 1),
            (_, false) => format!("{} work {word}", more + 1),
        })
    });
    parts.collect::<Vec<_>>().join(", ")
}

/// Everything, what broke first.
fn describe(notices: &[Notice], site: &str) -> String {
    let mut sorted: Vec<&Notice> = notices.iter().collect();
    sorted.sort_by_key(|notice| (matches!(notice.turn, Turn::Recovered(_)), &notice.source));
    let mut text = format!("{site}: {}\n", sum_up(notices));
    for notice in sorted.iter().take(DESCRIBED) {
        let title = notice.title.as_ref().map(|title| format!(" ({title})")).unwrap_or_default();
        let (what, since) = match notice.turn {
            Turn::Broke(since) => ("broke", since),
            Turn::Recovered(since) => ("works again", since),
        };
        text.push_str(&format!("\n{what}: {}{title}\n  {}\n", notice.source, notice.address));
        if let Some(message) = &notice.message {
            text.push_str(&format!("  {message}\n"));
        }
        text.push_str(&format!("  in trouble since {}", minute(since)));
        match notice.succeeded_at.filter(|_| what == "broke") {
            Some(at) => text.push_str(&format!(", last read {}\n", minute(at))),
            None => text.push('\n'),
        }
    }
    if sorted.len() > DESCRIBED {
        text.push_str(&format!("\nand {} more: `courant status` shows all\n", sorted.len() - DESCRIBED));
    }
    text
}

fn minute(moment: Timestamp) -> impl std::fmt::Display {
    moment.strftime("%Y-%m-%d %H:%M UTC")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notice(source: &str, turn: Turn) -> Notice {
        Notice {
            source: source.parse().unwrap(),
            title: Some("The Gazette".to_owned()),
            address: "https://a.example/".to_owned(),
            turn,
            message: matches!(turn, Turn::Broke(_)).then(|| "nobody answers".to_owned()),
            succeeded_at: Some(Timestamp::UNIX_EPOCH),
        }
    }

    fn teller(command: &[&str]) -> Teller {
        let command = command.iter().map(|word| (*word).to_owned()).collect();
        Teller { command, folder: ".".into(), site: "https://news.example/".to_owned() }
    }

    #[test]
    fn what_broke_comes_first_and_many_are_counted() {
        let (broke, again) = (Turn::Broke(Timestamp::UNIX_EPOCH), Turn::Recovered(Timestamp::UNIX_EPOCH));
        assert_eq!(sum_up(&[notice("a", again), notice("b", broke)]), "`b` broke, `a` works again");
        let text = describe(&[notice("a", again), notice("b", broke)], "https://news.example/");
        assert_eq!(
            text,
            "https://news.example/: `b` broke, `a` works again\n\nbroke: b (The Gazette)\n  https://a.example/\n  nobody answers\n  \
             in trouble since 1970-01-01 00:00 UTC, last read 1970-01-01 00:00 UTC\n\nworks again: a (The Gazette)\n  \
             https://a.example/\n  in trouble since 1970-01-01 00:00 UTC\n"
        );
        let many: Vec<Notice> = (0..60).map(|n| notice(&format!("s{n}"), broke)).collect();
        assert_eq!(sum_up(&many), "60 sources broke");
        assert!(describe(&many, "x").ends_with("and 10 more: `courant status` shows all\n"));
    }

    #[test]
    fn a_command_that_fails_or_is_not_there_or_does_not_read_is_told_of() {
        let many: Vec<Notice> = (0..50).map(|n| notice(&format!("s{n}"), Turn::Broke(Timestamp::UNIX_EPOCH))).collect();
        assert!(teller(&["true"]).run(&many).is_ok());
        assert!(teller(&["false"]).run(&many).unwrap_err().to_string().contains("exit status: 1"));
        assert!(teller(&["no-such-program-here"]).run(&many).unwrap_err().to_string().contains("cannot be started"));
    }

    #[test]
    fn a_command_that_does_not_end_is_ended() {
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        assert_eq!(wait(&mut child, Duration::ZERO).unwrap(), None);
    }
}
