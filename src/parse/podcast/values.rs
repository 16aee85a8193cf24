//! What the words of podcasts mean: numbers in any form, `yes`, `true` and `explicit` for the same thing, lengths in seconds or
//! with colons.

use jiff::SignedDuration;

use crate::model::EpisodeKind;

pub(super) fn kind(text: &str) -> Option<EpisodeKind> {
    [EpisodeKind::Full, EpisodeKind::Trailer, EpisodeKind::Bonus]
        .into_iter()
        .find(|kind| kind.name().eq_ignore_ascii_case(text))
}

pub(super) fn is_yes(text: &str) -> bool {
    text.eq_ignore_ascii_case("yes") || text.eq_ignore_ascii_case("true")
}

pub(super) fn explicit(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "yes" | "true" | "explicit" => Some(true),
        "no" | "false" | "clean" => Some(false),
        _ => None,
    }
}

/// A number that is whole, though written `3.0` or `03`.
pub(super) fn number(text: &str) -> Option<u32> {
    let whole = text.trim_end_matches('0').strip_suffix('.').map_or(text, |_| text.split('.').next().unwrap_or(text));
    whole.trim().parse().ok()
}

/// How long something plays, in seconds: `3723`, `62:03`, `1:02:03`, `1:02:03.5`, `PT1H2M3S`, `1h 2m 3s`. Nothing is no length.
pub(in crate::parse) fn length(text: &str) -> Option<u32> {
    let text = text.trim();
    let whole = |part: &str| part.trim().split('.').next().unwrap_or_default().parse::<u32>().ok();
    let seconds = if text.chars().all(|c| c.is_ascii_digit() || matches!(c, ':' | '.' | ' ')) {
        let mut parts = text.splitn(4, ':').map(whole);
        parts.try_fold(0_u32, |total, part| total.checked_mul(60)?.checked_add(part?))
    } else {
        text.parse::<SignedDuration>().ok().and_then(|length| u32::try_from(length.as_secs()).ok())
    };
    seconds.filter(|seconds| *seconds > 0)
}

/// A place in a recording, in seconds: `73.5`, `1:13.5`, `00:01:13.500`.
pub(super) fn moment(text: &str) -> Option<f64> {
    let mut parts =
        text.trim().splitn(4, ':').map(|part| part.parse::<f64>().ok().filter(|part| (0.0..1e9).contains(part)));
    let seconds = parts.try_fold(0.0, |total, part| Some(total * 60.0 + part?));
    // To the millisecond, so that every store gives back the very number.
    seconds.map(|seconds| (seconds * 1e3).round() / 1e3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_read_in_every_form() {
        let rows = [
            ("3723", Some(3723)),
            ("3723.9", Some(3723)),
            ("62:03", Some(3723)),
            ("1:02:03", Some(3723)),
            ("01:02:03.500", Some(3723)),
            ("PT1H2M3S", Some(3723)),
            ("1h 2m 3s", Some(3723)),
            ("0", None),
            ("00:00:00", None),
            ("", None),
            (":", None),
            ("long", None),
            ("-5", None),
            ("99999999999", None),
            ("999999999:59:59", None),
            ("1:2:3:4:5", None),
        ];
        for (text, wanted) in rows {
            assert_eq!(length(text), wanted, "{text}");
        }
    }
}
