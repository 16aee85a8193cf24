//! Printing for people: colour where it is wanted, tables that line up, times as distances.

use std::io::{self, IsTerminal, Write};

use jiff::Timestamp;

/// Whether standard output shows colour: a terminal, and `NO_COLOR` is not set.
pub(super) fn has_colour() -> bool {
    io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none()
}

/// A kind of emphasis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Paint {
    Plain,
    Bold,
    Dim,
    Good,
    Warn,
    Bad,
}

/// `text` with its emphasis, where colour is on.
pub(super) fn paint(text: &str, paint: Paint, colour: bool) -> String {
    let code = match paint {
        Paint::Plain => return text.to_owned(),
        Paint::Bold => "1",
        Paint::Dim => "2",
        Paint::Good => "32",
        Paint::Warn => "33",
        Paint::Bad => "31",
    };
    if colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
}

/// Prints a line to standard output.
pub(super) fn line(text: &str) -> io::Result<()> {
    writeln!(io::stdout().lock(), "{text}")
}

/// Prints rows with their columns lined up; the last column is not padded. A cell is its text and emphasis.
pub(super) fn table(rows: &[Vec<(String, Paint)>]) -> io::Result<()> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|(text, _)| text.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let colour = has_colour();
    let mut out = io::stdout().lock();
    for row in rows {
        let mut shown = String::new();
        for (column, (text, emphasis)) in row.iter().enumerate() {
            let padding = if column + 1 == row.len() { 0 } else { widths[column] - text.chars().count() + 2 };
            shown.push_str(&paint(text, *emphasis, colour));
            shown.push_str(&" ".repeat(padding));
        }
        writeln!(out, "{}", shown.trim_end())?;
    }
    Ok(())
}

/// How far a moment is from now: `in 12 min`, `3 h ago`; `–` for none.
pub(super) fn distance(moment: Option<Timestamp>, now: Timestamp) -> String {
    let Some(moment) = moment else { return "–".to_owned() };
    let seconds = moment.duration_since(now).as_secs();
    let size = match seconds.unsigned_abs() {
        0..=59 => format!("{} s", seconds.unsigned_abs()),
        60..=3_599 => format!("{} min", seconds.unsigned_abs() / 60),
        3_600..=172_799 => format!("{} h", seconds.unsigned_abs() / 3_600),
        _ => format!("{} d", seconds.unsigned_abs() / 86_400),
    };
    match seconds {
        1.. => format!("in {size}"),
        0 => "now".to_owned(),
        _ => format!("{size} ago"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_read_naturally() {
        let now: Timestamp = "2026-03-10T12:00:00Z".parse().unwrap();
        let rows = [
            (None, "–"),
            (Some("2026-03-10T12:00:00Z"), "now"),
            (Some("2026-03-10T12:12:30Z"), "in 12 min"),
            (Some("2026-03-10T09:00:00Z"), "3 h ago"),
            (Some("2026-03-01T12:00:00Z"), "9 d ago"),
        ];
        for (moment, wanted) in rows {
            assert_eq!(distance(moment.map(|moment| moment.parse().unwrap()), now), wanted);
        }
    }
}
